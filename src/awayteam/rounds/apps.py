from awayteam.kernel import registries


class RoundsConfig(registries.App):
    name = "awayteam.rounds"
    label = "rounds"

    def register(self) -> None:
        from awayteam.engagements.permissions import gives_part
        from awayteam.kernel import jobs
        from awayteam.reviews import pool
        from awayteam.rounds import places, reviewers
        from awayteam.rounds.jobs import JOB
        from awayteam.rounds.permissions import taking_part
        from awayteam.rounds.plots import ROUND
        from awayteam.stories import registry

        registry.register(ROUND)
        gives_part("rounds", taking_part)
        jobs.register(JOB)
        pool.register_recent("engagements", reviewers.lately_with)
        places.register()
