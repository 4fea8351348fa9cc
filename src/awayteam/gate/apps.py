from awayteam.kernel import registries


class GateConfig(registries.App):
    name = "awayteam.gate"
    label = "gate"

    def register(self) -> None:
        from awayteam.gate import places
        from awayteam.gate.jobs import JUDGING
        from awayteam.kernel import jobs

        places.register()
        jobs.register(JUDGING)
