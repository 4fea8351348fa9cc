from awayteam.kernel import registries


class QuotasConfig(registries.App):
    name = "awayteam.quotas"
    label = "quotas"

    def register(self) -> None:
        pass
