from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "awayteam.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from awayteam.accounts import places

        places.register()
