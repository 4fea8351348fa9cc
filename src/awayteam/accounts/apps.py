from awayteam.kernel import registries


class AccountsConfig(registries.App):
    name = "awayteam.accounts"
    label = "accounts"

    def register(self) -> None:
        from awayteam.accounts import places

        places.register()
