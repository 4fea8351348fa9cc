from awayteam.kernel import registries


class UsageConfig(registries.App):
    name = "awayteam.usage"
    label = "usage"

    def register(self) -> None:
        from awayteam.kernel import backup, lightpaths, worker
        from awayteam.kernel.later import Later
        from awayteam.usage import checks, places  # noqa: F401 - the checks register themselves

        lightpaths.register("/v1/", Later("awayteam.usage.receiving.endpoint", "handle"))
        places.register()
        worker.register_lane("usage", Later("awayteam.usage.store.lane", "work"))
        backup.folders["usage/store"] = Later("awayteam.usage.checks", "parts_to_keep")
        backup.folders["usage/spool"] = Later("awayteam.usage.spool", "waiting")
