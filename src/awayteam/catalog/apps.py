from awayteam.kernel import registries


class CatalogConfig(registries.App):
    name = "awayteam.catalog"
    label = "catalog"

    def register(self) -> None:
        from awayteam.catalog import checks, places, search  # noqa: F401 - checks register themselves
        from awayteam.catalog.actions import dated
        from awayteam.kernel import backup, jobs
        from awayteam.organisation import changed

        places.register()
        jobs.register(dated.JOB)
        changed.followers["search"] = search.reindex_thing
        backup.rebuilders["search"] = search.rebuild
