from awayteam.kernel import registries


class ForgesConfig(registries.App):
    name = "awayteam.forges"
    label = "forges"

    def register(self) -> None:
        """Nothing is registered yet."""
