from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "awayteam.duplicates"
    label = "duplicates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.duplicates import expiry, places
        from awayteam.duplicates.alike.job import JOB
        from awayteam.duplicates.machine import MACHINE
        from awayteam.kernel import jobs, machines

        machines.register(MACHINE)
        jobs.register(JOB)
        expiry.register()
        places.register()
