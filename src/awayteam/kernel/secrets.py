"""Secrets that must be read back (a webhook's signing key, a forge's token), encrypted under `SECRET_KEY`.

Passwords and API tokens are hashed elsewhere and never come here. After `SECRET_KEY` has changed, values sealed under
an older key open as long as that key stands in `SECRET_KEY_FALLBACKS`.
"""

import base64
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from awayteam.kernel.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def seal(secret: str, purpose: str) -> str:
    """Encrypt; what is sealed for one purpose ("webhook") doesn't open for another."""
    return _box(purpose, _keys()).encrypt(secret.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """The secret again. Raises `Unavailable` where it was sealed with another key, for another purpose, or altered."""
    from cryptography.fernet import InvalidToken

    try:
        return _box(purpose, _keys()).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unavailable(
            f"A stored secret ({purpose}) can't be opened: it was sealed with another secret key.",
            "Put the former key into AWAYTEAM_SECRET_KEY_FALLBACKS, or enter the secret again.",
        ) from error


def generate(length: int = 32) -> str:
    """A new random secret of `length` bytes, as base64."""
    return base64.b64encode(secrets.token_bytes(length)).decode()


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=16)
def _box(purpose: str, keys: tuple[str, ...]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # takes its time, and most commands open no secret

    return MultiFernet([Fernet(_derive(key, purpose)) for key in keys])


def _derive(key: str, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"awayteam " + purpose.encode())
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
