from awayteam.kernel import registries


class DuplicatesConfig(registries.App):
    name = "awayteam.duplicates"
    label = "duplicates"

    def register(self) -> None:
        from awayteam.duplicates import expiry, places
        from awayteam.duplicates.alike.job import JOB
        from awayteam.duplicates.machine import MACHINE
        from awayteam.kernel import jobs, machines

        machines.register(MACHINE)
        jobs.register(JOB)
        expiry.register()
        places.register()
