from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "awayteam.contributions"
    label = "contributions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.contributions import places
        from awayteam.contributions.jobs import JOB
        from awayteam.kernel import jobs

        jobs.register(JOB)
        places.register()
