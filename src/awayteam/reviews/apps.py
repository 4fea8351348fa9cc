from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "awayteam.reviews"
    label = "reviews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.reviews import places, plots
        from awayteam.reviews.jobs import JOB
        from awayteam.stories import registry

        registry.register(plots.REVIEW)
        registry.register(plots.ENTRY_PLOT)
        jobs.register(JOB)
        places.register()
