from awayteam.kernel import registries


class QuotasConfig(registries.App):
    name = "awayteam.quotas"
    label = "quotas"

    def register(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.quotas import places
        from awayteam.quotas.jobs import SPIKES

        jobs.register(SPIKES)
        places.register()
