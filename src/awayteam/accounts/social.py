"""allauth's app for signing in elsewhere, without bringing a library for HTTP along at every start."""

from allauth.socialaccount.apps import SocialAccountConfig


class SocialConfig(SocialAccountConfig):  # type: ignore[misc]
    """Providers are loaded with the addresses of allauth, or when one is asked for (`adapters.SocialAdapter`)."""

    def ready(self) -> None:
        from allauth.socialaccount import checks  # noqa: F401 - checks register themselves
