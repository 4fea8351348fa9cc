from awayteam.kernel import registries


class SuccessionConfig(registries.App):
    name = "awayteam.succession"
    label = "succession"

    def register(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.stories import registry
        from awayteam.succession import places
        from awayteam.succession.jobs import JOBS
        from awayteam.succession.plots import SUCCESSION

        registry.register(SUCCESSION)
        for job in JOBS:
            jobs.register(job)
        places.register()
