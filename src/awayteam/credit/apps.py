from django.apps import AppConfig


class CreditConfig(AppConfig):
    name = "awayteam.credit"
    label = "credit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.credit import places, plots
        from awayteam.credit.jobs import DERIVE, TURNS
        from awayteam.kernel import jobs
        from awayteam.stories import registry

        registry.register(plots.DISPUTE)
        jobs.register(DERIVE)
        jobs.register(TURNS)
        places.register()
