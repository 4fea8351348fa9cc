from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "awayteam.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.imports import checks, places  # noqa: F401 - the check of sources registers itself
        from awayteam.imports.jobs import JOB
        from awayteam.kernel import jobs

        jobs.register(JOB)
        places.register()
