from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.accounts import mail, rules
from awayteam.kernel.errors import InvalidInput

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_tokens_are_long_different_and_recognisable() -> None:
    made = {rules.new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith("awat_") and len(token) == 48 for token in made)


@given(st.text())
def test_every_text_has_a_digest(token: str) -> None:
    assert len(rules.digest(token)) == 64


def test_write_brings_read() -> None:
    assert rules.scopes(["write"]) == ["read", "write"]
    assert rules.scopes(["read", "read"]) == ["read"]
    for wrong in ([], ["admin"], ["read", "x"]):
        with pytest.raises(InvalidInput):
            rules.scopes(wrong)


@given(st.none() | st.integers(-5, 500))
def test_every_token_ends_in_time(days: int | None) -> None:
    if days is None or 1 <= days <= 365:
        assert rules.expiry(days, NOW, default_days=90, max_days=365) == NOW + timedelta(days=days or 90)
    else:
        with pytest.raises(InvalidInput):
            rules.expiry(days, NOW, default_days=90, max_days=365)


@given(st.lists(st.text(), max_size=3))
def test_a_person_gets_a_name_that_a_reference_may_hold(wanted: list[str]) -> None:
    name = rules.person_name(wanted)
    assert 1 <= len(name) <= 60
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert name[0].isalnum()
    assert name[-1].isalnum()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u%40x:p@mail.example.org:587", ("mail.example.org", 587, "u@x", True, False)),
        ("smtp://mail.example.org", ("mail.example.org", 25, "", False, False)),
        ("smtp://mail.example.org?tls=implicit", ("mail.example.org", 465, "", False, True)),
    ],
)
def test_the_address_of_the_mail_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    found = mail.settings_of(url, "x@example.org")
    keys = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_USE_TLS", "EMAIL_USE_SSL"]
    assert tuple(found[key] for key in keys) == expected


def test_an_address_that_is_none_is_refused() -> None:
    for url in ("mail.example.org", "http://mail.example.org", "smtp://", "smtp://h?tls=maybe"):
        with pytest.raises(SystemExit, match="AWAYTEAM_MAIL_URL"):
            mail.settings_of(url, "x@example.org")
