from awayteam.kernel import registries


class HandoversConfig(registries.App):
    name = "awayteam.handovers"
    label = "handovers"

    def register(self) -> None:
        from awayteam.engagements.permissions import gives_part
        from awayteam.handovers import places
        from awayteam.handovers.actions.hearing import heard
        from awayteam.handovers.jobs import JOBS
        from awayteam.handovers.permissions import looking_over, mending
        from awayteam.handovers.plots import DEFECT, HANDOVER
        from awayteam.kernel import jobs
        from awayteam.stories import hooks, registry

        registry.register(HANDOVER)
        registry.register(DEFECT)
        gives_part("handovers", looking_over)
        gives_part("defects", mending)
        hooks.listen("engagement", "handovers", heard)
        for job in JOBS:
            jobs.register(job)
        places.register()
