from django.apps import AppConfig


class DiscussionsConfig(AppConfig):
    name = "awayteam.discussions"
    label = "discussions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.discussions.mentions import references
        from awayteam.kernel import markdown

        markdown.register("@", references)
