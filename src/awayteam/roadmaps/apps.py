from awayteam.kernel import registries


class RoadmapsConfig(registries.App):
    name = "awayteam.roadmaps"
    label = "roadmaps"

    def register(self) -> None:
        from awayteam.kernel import jobs
        from awayteam.roadmaps import places
        from awayteam.roadmaps.jobs import JOB

        jobs.register(JOB)
        places.register()
