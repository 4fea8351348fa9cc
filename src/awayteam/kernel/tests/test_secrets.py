from typing import Any

import pytest

from awayteam.kernel.errors import Unavailable
from awayteam.kernel.secrets import generate, seal, unseal


def test_a_secret_opens_again_and_is_not_legible_meanwhile() -> None:
    sealed = seal("päss", "webhook")
    assert "päss" not in sealed
    assert seal("päss", "webhook") != sealed
    assert unseal(sealed, "webhook") == "päss"


def test_a_secret_opens_for_its_purpose_and_unaltered_only() -> None:
    sealed = seal("secret", "webhook")
    for wrong, purpose in ((sealed, "forge"), (sealed[:-6] + "AAAAA=", "webhook"), ("", "webhook")):
        with pytest.raises(Unavailable, match="another secret key"):
            unseal(wrong, purpose)


def test_former_keys_still_open(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old", []
    sealed = seal("secret", "webhook")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["older", "old"]
    assert unseal(sealed, "webhook") == "secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unavailable):
        unseal(sealed, "webhook")


def test_new_secrets_differ() -> None:
    assert len({generate() for _ in range(50)}) == 50
