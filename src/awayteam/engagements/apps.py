from awayteam.kernel import registries


class EngagementsConfig(registries.App):
    name = "awayteam.engagements"
    label = "engagements"

    def register(self) -> None:
        from awayteam.engagements import places, waiting
        from awayteam.engagements.asking import ANNOUNCING
        from awayteam.engagements.jobs import FOLLOWING, JOB
        from awayteam.engagements.plots import CONTRACT, ENGAGEMENT
        from awayteam.kernel import jobs
        from awayteam.stories import registry

        registry.register(ENGAGEMENT)
        registry.register(CONTRACT)
        jobs.register(JOB)
        jobs.register(FOLLOWING)
        jobs.register(ANNOUNCING)
        places.register()
        waiting.register()
