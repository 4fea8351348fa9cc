from awayteam.kernel import registries


class AllocationsConfig(registries.App):
    name = "awayteam.allocations"
    label = "allocations"

    def register(self) -> None:
        from awayteam.allocations import places, plots
        from awayteam.allocations.jobs import ALL
        from awayteam.kernel import jobs
        from awayteam.stories import registry

        registry.register(plots.ALLOCATION)
        registry.register(plots.GROWTH)
        for job in ALL:
            jobs.register(job)
        places.register()
