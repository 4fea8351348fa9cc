from awayteam.kernel import registries


class KernelConfig(registries.App):
    name = "awayteam.kernel"
    label = "kernel"

    def register(self) -> None:
        from awayteam.kernel import jobs, outbox, places
        from awayteam.kernel.later import Later

        forget = Later("awayteam.kernel.rest.idempotency", "forget")
        outbox.register("webhook", Later("awayteam.kernel.delivery", "deliver"))
        jobs.register(jobs.Job("outbox.forget-delivered", every_seconds=3600, run=outbox.forget_delivered))
        jobs.register(jobs.Job("idempotency.forget", every_seconds=3600, run=forget))
        places.register()
