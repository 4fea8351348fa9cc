"""How mail leaves, from `AWAYTEAM_MAIL_URL` (smtp://user:password@host:587?tls=starttls). Read by settings."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"": 25, "starttls": 587, "implicit": 465}


def settings_of(url: str, sender: str) -> dict[str, Any]:
    """Django's settings for mail. Without address mail is dropped, and nobody is asked to confirm an address by it.

    Raises `SystemExit` with a sentence for an address that can't be used.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "DEFAULT_FROM_EMAIL": sender}
    parts = urlsplit(url)
    tls = parse_qs(parts.query).get("tls", ["starttls" if parts.port == 587 else ""])[0]
    if parts.scheme != "smtp" or not parts.hostname or tls not in PORTS:
        raise SystemExit(
            "AWAYTEAM_MAIL_URL can't be used; write smtp://user:password@host:587?tls=starttls (or tls=implicit)."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[tls],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": tls == "starttls",
        "EMAIL_USE_SSL": tls == "implicit",
        "EMAIL_TIMEOUT": 15,
        "DEFAULT_FROM_EMAIL": sender,
    }
