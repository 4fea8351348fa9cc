from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "awayteam.insights"
    label = "insights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.insights import places

        places.register()
