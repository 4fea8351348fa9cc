from awayteam.kernel import registries


class InsightsConfig(registries.App):
    name = "awayteam.insights"
    label = "insights"

    def register(self) -> None:
        from awayteam.insights import places

        places.register()
