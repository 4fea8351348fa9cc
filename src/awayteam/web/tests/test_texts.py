"""Values of a history as people read them."""

import pytest

from awayteam.web.texts import history_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "yes"),
        ("Orders <b>", "Orders <b>"),
        ("group:default/orders", '<span title="group:default/orders">orders</span>'),
        ("component:shop/cart", '<span title="component:shop/cart">shop/cart</span>'),
        ("user:default/a<b", '<span title="user:default/a&lt;b">a&lt;b</span>'),
        ("see group:default/orders", "see group:default/orders"),
        ("2026-11-24", "2026-11-24"),
        ("x" * 300, "x" * 200 + "…"),
    ],
)
def test_values_are_written_as_people_do(value: object, words: str) -> None:
    assert str(history_words(value)) == words


def test_times_are_times() -> None:
    shown = str(history_words("2026-11-24T18:00:00+01:00"))
    assert 'datetime="2026-11-24T17:00:00+00:00"' in shown
    assert shown.endswith(">2026-11-24 17:00 UTC</time>")
