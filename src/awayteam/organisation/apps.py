from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "awayteam.organisation"
    label = "organisation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.organisation import places

        places.register()
