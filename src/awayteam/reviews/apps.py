from awayteam.kernel import registries


class ReviewsConfig(registries.App):
    name = "awayteam.reviews"
    label = "reviews"

    def register(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.reviews import places, plots
        from awayteam.reviews.jobs import JOB
        from awayteam.stories import registry

        registry.register(plots.REVIEW)
        registry.register(plots.ENTRY_PLOT)
        jobs.register(JOB)
        places.register()
