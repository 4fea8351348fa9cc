from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "awayteam.roadmaps"
    label = "roadmaps"
    default_auto_field = "django.db.models.BigAutoField"
