from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "awayteam.engagements"
    label = "engagements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.engagements import places, waiting
        from awayteam.engagements.asking import ANNOUNCING
        from awayteam.engagements.jobs import FOLLOWING, JOB
        from awayteam.engagements.plots import CONTRACT, ENGAGEMENT
        from awayteam.kernel import jobs
        from awayteam.stories import registry

        registry.register(ENGAGEMENT)
        registry.register(CONTRACT)
        jobs.register(JOB)
        jobs.register(FOLLOWING)
        jobs.register(ANNOUNCING)
        places.register()
        waiting.register()
