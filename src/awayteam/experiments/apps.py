from awayteam.kernel import registries


class ExperimentsConfig(registries.App):
    name = "awayteam.experiments"
    label = "experiments"

    def register(self) -> None:
        pass
