from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "awayteam.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.kernel import delivery, jobs, outbox, places
        from awayteam.kernel.rest import idempotency

        outbox.register("webhook", delivery.deliver)
        jobs.register(jobs.Job("outbox.forget-delivered", every_seconds=3600, run=outbox.forget_delivered))
        jobs.register(jobs.Job("idempotency.forget", every_seconds=3600, run=idempotency.forget))
        places.register()
