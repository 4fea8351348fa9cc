"""Charts show their labels whole, or say that they are shortened; times are counted in words."""

import re

import pytest

from awayteam.web import charts
from awayteam.web.moments import distance

DAY = 86400


def places(svg: str) -> list[tuple[float, str]]:
    """(where it ends, text) of each label of a bar."""
    found = re.findall(r'<text class="label" x="([\d.]+)"[^>]*>([^<]*)</text>', svg)
    return [(float(x), words) for x, words in found]


def test_labels_of_bars_have_room() -> None:
    drawn = str(charts.bars("How long", [("up to 1 day", 3), ("more than 10 working days", 0)], "cases"))
    assert [words for _x, words in places(drawn)] == ["up to 1 day", "more than 10 working days"]
    assert all(x >= len(words) * charts.LETTER - 1 for x, words in places(drawn))


def test_a_label_without_end_is_shortened_and_whole_in_the_table() -> None:
    name = "A unit whose name goes on and on and on → another one"
    drawn = str(charts.bars("Flows", [(name, 2)]))
    ((x, words),) = places(drawn)
    assert words.endswith("…")
    assert len(words) < len(name)
    assert x < charts.LABEL_MOST
    assert f"<td>{name}</td>" in drawn


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30, "30 s"), (60, "1 min"), (59 * DAY, "59 days"), (60 * DAY, "1 month"), (64 * DAY, "2 months"),
     (730 * DAY, "1 year"), (800 * DAY, "2 years")],
)  # fmt: skip
def test_one_is_no_plural(seconds: float, said: str) -> None:
    assert distance(seconds) == said
