from awayteam.kernel import registries


class ImportsConfig(registries.App):
    name = "awayteam.imports"
    label = "imports"

    def register(self) -> None:
        from awayteam.imports import checks, places  # noqa: F401 - the check of sources registers itself
        from awayteam.kernel import jobs
        from awayteam.kernel.later import Later

        run, pending = (Later("awayteam.imports.jobs", name) for name in ("refresh_due", "pending"))
        jobs.register(jobs.Job("imports", every_seconds=1.0, run=run, pending=pending, lease_seconds=3600))
        places.register()
