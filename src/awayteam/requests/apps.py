from awayteam.kernel import registries


class RequestsConfig(registries.App):
    name = "awayteam.requests"
    label = "requests"

    def register(self) -> None:
        from awayteam.kernel import clocks, jobs, machines
        from awayteam.requests import places, together
        from awayteam.requests.jobs import JOB
        from awayteam.requests.machine import MACHINE
        from awayteam.requests.routing.index.jobs import JOB as INDEX

        machines.register(MACHINE)
        clocks.register(together.HANDLER)
        jobs.register(JOB)
        jobs.register(INDEX)
        places.register()
