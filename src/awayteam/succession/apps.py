from awayteam.kernel import registries


class SuccessionConfig(registries.App):
    name = "awayteam.succession"
    label = "succession"

    def register(self) -> None:
        pass
