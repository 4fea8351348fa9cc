from awayteam.kernel import registries


class UsageConfig(registries.App):
    name = "awayteam.usage"
    label = "usage"

    def register(self) -> None:
        from awayteam.kernel import lightpaths
        from awayteam.kernel.later import Later

        lightpaths.register("/v1/", Later("awayteam.usage.receiving.endpoint", "handle"))
