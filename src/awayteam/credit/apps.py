from awayteam.kernel import registries


class CreditConfig(registries.App):
    name = "awayteam.credit"
    label = "credit"

    def register(self) -> None:
        from awayteam.credit import places, plots
        from awayteam.credit.jobs import DERIVE, TURNS
        from awayteam.kernel import jobs
        from awayteam.stories import registry

        registry.register(plots.DISPUTE)
        jobs.register(DERIVE)
        jobs.register(TURNS)
        places.register()
