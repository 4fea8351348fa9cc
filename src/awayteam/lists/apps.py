from awayteam.kernel import registries


class ListsConfig(registries.App):
    name = "awayteam.lists"
    label = "lists"

    def register(self) -> None:
        from awayteam.lists import places

        places.register()
