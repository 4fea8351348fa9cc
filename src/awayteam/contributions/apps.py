from awayteam.kernel import registries


class ContributionsConfig(registries.App):
    name = "awayteam.contributions"
    label = "contributions"

    def register(self) -> None:
        from awayteam.contributions import places
        from awayteam.kernel import jobs
        from awayteam.kernel.later import Later

        run, pending = (Later("awayteam.contributions.jobs", name) for name in ("work", "pending"))
        jobs.register(jobs.Job("contributions", every_seconds=2.0, run=run, pending=pending, lease_seconds=6 * 3600))
        places.register()
