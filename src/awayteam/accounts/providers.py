"""Other ways to sign in, from the environment: GitHub, GitLab, OpenID Connect. Read by settings; standard library only.

docs/accounts.md names the variables. A provider is offered once its client id is set.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

APPS = [
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.gitlab",
    "allauth.socialaccount.providers.openid_connect",
]
GITHUB = "https://github.com"
GITLAB = "https://gitlab.com"


def configured(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What allauth wants as SOCIALACCOUNT_PROVIDERS."""
    found: dict[str, Any] = {}
    if app := _app(environment, "GITHUB"):
        found["github"] = {"APPS": [app], "VERIFIED_EMAIL": False}
        if url := _url(environment, "GITHUB", ""):
            found["github"]["GITHUB_URL"] = url
    if app := _app(environment, "GITLAB"):
        app["settings"] = {
            "gitlab_url": _url(environment, "GITLAB", GITLAB),
            "verified_email": _flag(environment, "GITLAB"),
        }
        found["gitlab"] = {"APPS": [app]}
    if app := _app(environment, "OIDC"):
        name = environment.get("AWAYTEAM_OIDC_NAME", "Single sign-on")
        settings = {"server_url": _required_url(environment), "verified_email": _flag(environment, "OIDC")}
        app |= {"provider_id": "oidc", "name": name, "settings": settings}
        found["openid_connect"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    return found


def origins(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Where the sign-in form may lead to, for the content security policy."""
    urls = [
        _url(environment, "GITHUB", GITHUB) if _app(environment, "GITHUB") else "",
        _url(environment, "GITLAB", GITLAB) if _app(environment, "GITLAB") else "",
        _required_url(environment) if _app(environment, "OIDC") else "",
    ]
    return [f"{parts.scheme}://{parts.netloc}" for url in urls if (parts := urlsplit(url)).netloc]


def _app(environment: Mapping[str, str], provider: str) -> dict[str, Any] | None:
    client_id = environment.get(f"AWAYTEAM_{provider}_CLIENT_ID", "")
    if not client_id:
        return None
    return {"client_id": client_id, "secret": environment.get(f"AWAYTEAM_{provider}_CLIENT_SECRET", "")}


def _url(environment: Mapping[str, str], provider: str, default: str) -> str:
    return environment.get(f"AWAYTEAM_{provider}_URL", default).rstrip("/")


def _required_url(environment: Mapping[str, str]) -> str:
    url = _url(environment, "OIDC", "")
    if not url:
        raise SystemExit("AWAYTEAM_OIDC_CLIENT_ID is set and AWAYTEAM_OIDC_URL isn't; set it to the issuer's address.")
    return url


def _flag(environment: Mapping[str, str], provider: str) -> bool:
    """Whether every e-mail address that the provider tells counts as verified."""
    value = environment.get(f"AWAYTEAM_{provider}_TRUST_EMAIL", "")
    return value.strip().lower() in {"1", "true", "yes", "on"}
