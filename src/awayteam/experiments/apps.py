from awayteam.kernel import registries


class ExperimentsConfig(registries.App):
    name = "awayteam.experiments"
    label = "experiments"

    def register(self) -> None:
        from awayteam.experiments import places
        from awayteam.experiments.actions.reviewing import decided
        from awayteam.experiments.measuring import working
        from awayteam.experiments.plots import EXPERIMENT
        from awayteam.reviews import hooks
        from awayteam.stories import registry

        registry.register(EXPERIMENT)
        hooks.register(EXPERIMENT.kind, decided)
        working.register()
        places.register()
