from awayteam.kernel import registries


class AllocationsConfig(registries.App):
    name = "awayteam.allocations"
    label = "allocations"

    def register(self) -> None:
        pass
