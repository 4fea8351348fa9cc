from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "awayteam.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.catalog import checks, places, search  # noqa: F401 - checks register themselves
        from awayteam.catalog.actions import dated
        from awayteam.kernel import backup, jobs
        from awayteam.organisation import changed

        places.register()
        jobs.register(dated.JOB)
        changed.followers.append(search.reindex_thing)
        backup.rebuilders.append(search.rebuild)
