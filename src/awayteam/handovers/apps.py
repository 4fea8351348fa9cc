from django.apps import AppConfig


class HandoversConfig(AppConfig):
    name = "awayteam.handovers"
    label = "handovers"
    default_auto_field = "django.db.models.BigAutoField"
