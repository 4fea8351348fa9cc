from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "awayteam.roadmaps"
    label = "roadmaps"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.roadmaps import places
        from awayteam.roadmaps.jobs import JOB

        jobs.register(JOB)
        places.register()
