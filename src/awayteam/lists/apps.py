from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "awayteam.lists"
    label = "lists"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.lists import places

        places.register()
