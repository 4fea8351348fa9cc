from awayteam.kernel import registries


class SourcesConfig(registries.App):
    name = "awayteam.sources"
    label = "sources"
