from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "awayteam.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.catalog import places, search
        from awayteam.kernel import backup

        places.register()
        backup.rebuilders.append(search.rebuild)
