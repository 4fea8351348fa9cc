from awayteam.kernel import registries


class FlagsConfig(registries.App):
    name = "awayteam.flags"
    label = "flags"

    def register(self) -> None:
        pass
