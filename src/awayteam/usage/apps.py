from awayteam.kernel import registries


class UsageConfig(registries.App):
    name = "awayteam.usage"
    label = "usage"

    def register(self) -> None:
        pass
