from awayteam.kernel import registries


class FlagsConfig(registries.App):
    name = "awayteam.flags"
    label = "flags"

    def register(self) -> None:
        from awayteam.flags import places
        from awayteam.flags.actions.asking import CLOCK, expire_question, remind_question
        from awayteam.flags.jobs import PLANS, STALE
        from awayteam.kernel import clocks, jobs, lightpaths
        from awayteam.kernel.later import Later

        clocks.register(clocks.Handler(CLOCK, expire_question, remind_question))
        jobs.register(PLANS)
        jobs.register(STALE)
        lightpaths.register("/ofrep/v1/", Later("awayteam.flags.serving.ofrep", "handle"))
        places.register()
