from awayteam.kernel import registries


class DiscussionsConfig(registries.App):
    name = "awayteam.discussions"
    label = "discussions"

    def register(self) -> None:
        from awayteam.discussions.mentions import references
        from awayteam.kernel import markdown

        markdown.register("@", references)
