from awayteam.kernel import registries


class DemoConfig(registries.App):
    name = "awayteam.demo"
    label = "demo"
