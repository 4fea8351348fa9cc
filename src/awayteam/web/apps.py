from awayteam.kernel import registries


class WebConfig(registries.App):
    name = "awayteam.web"
    label = "web"
