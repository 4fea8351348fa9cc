"""Figures of a small town whose life is known, each against the cases that it links to."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

import pytest

from awayteam.insights import queries, words
from awayteam.insights.cases import MEASURES
from awayteam.insights.queries import Figures, Which
from awayteam.insights.scope import Asked, Scope, scope
from awayteam.insights.tests.life import spring
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.requests.models import Request
from awayteam.requests.tests.town import Town

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def spring_of_module(of_module: None) -> tuple[Town, dict[str, Request]]:
    return spring()


@pytest.fixture
def lived(spring_of_module: tuple[Town, dict[str, Request]], db: None) -> tuple[Town, dict[str, Request]]:
    return deepcopy(spring_of_module)


def asked(town: Town, actor: Actor = SYSTEM, **given: str) -> Scope:
    words = {"since": "2026-03-01", "until": "2026-04-30"} | given
    return scope(actor, Asked(**words), town.now + timedelta(minutes=1))


def titles(of: Scope, *which: str) -> list[str]:
    return sorted(row.title for row in queries.cases(of, Which(*which)).items)


def test_time_to_decision_is_the_home_teams_working_time(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    rows = {row.title: row.value for row in queries.cases(asked(town), Which("decided")).items}
    # asked at 12:00; "Refused" stood with its asker from 14:00 to 15:00; "Moved" was search's from 16:00 on
    assert rows == {"Done": 240, "Late": 240, "Refused": 180, "Moved": 180}
    found = queries.figures(asked(town))
    assert (found.decided.now.n, found.decided.now.median, found.decided.now.p85) == (4, 180, 240)
    assert found.decided.now.few
    assert [(one.key, one.now) for one in found.mix] == [("accept", 2), ("welcome", 1), ("decline", 1)]
    assert [(one.key, one.now) for one in found.reasons] == [("no-room", 1)]


def test_expiry_promises_and_ends(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    found = queries.figures(asked(town))
    assert (found.expiry.part, found.expiry.n) == (1, 5)
    assert (found.promises.part, found.promises.n) == (1, 2)
    assert {one.key: one.now for one in found.promise_ends if one.now} == {"kept": 1, "missed": 1}
    assert (found.away.part, found.away.n) == (1, 2)
    assert {row.title: row.value for row in queries.cases(asked(town), Which("done")).items} == {
        "Done": 46,
        "Away": 240,
    }
    assert found.moved.now == 1
    assert (found.escalated.now, found.managed.now) == (1, 45)
    assert [(one.key, one.now) for one in found.outcomes] == [("upheld", 1)]


def test_what_waits_is_what_is_open(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    found = queries.figures(asked(town))
    assert titles(asked(town), "open") == ["Late", "Moved", "Refused", "Search", "Secret"]
    assert (found.open, found.value_per_week) == (5, Decimal(60 + 40 + 20 + 50 + 7))
    early = queries.figures(asked(town, until="2026-03-03"))
    assert (early.open, early.value_per_week) == (5, Decimal(160))
    assert early.value_points[-1].value == 160
    assert found.value_points[-1].value == float(found.value_per_week)


def test_a_restricted_request_counts_for_those_who_see_it(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    outsider, insider = asked(town, town.actor("ann")), asked(town, town.actor("sue"))
    assert "Secret" not in titles(outsider, "open")
    assert outsider.leaves_out
    assert queries.figures(outsider).value_per_week == Decimal(170)
    assert "Secret" in titles(insider, "open")
    assert not insider.leaves_out
    assert queries.figures(insider).value_per_week == Decimal(177)


def test_a_unit_counts_what_is_below_it(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    assert titles(asked(town, team="commerce"), "decided") == ["Done", "Late", "Refused"]
    assert titles(asked(town, team="search"), "decided") == ["Moved"]
    assert titles(asked(town, team="commerce", only="yes"), "decided") == []
    assert titles(asked(town, team="division", kind="bug"), "decided") == ["Refused"]
    found = queries.figures(asked(town, team="division"))
    assert [(part.label, part.open, part.value_per_week) for part in found.parts] == [
        ("discovery", 3, Decimal(97)), ("commerce", 2, Decimal(80)),
    ]  # fmt: skip
    assert found.worst is not None
    assert found.worst.label == "discovery"
    whole = queries.figures(asked(town))
    assert {part.label for part in whole.parts} == {"commerce", "discovery"}


def _every_link(found: Figures) -> list[tuple[Which, int]]:
    """Every number of the page with the cases that it links to."""
    pairs = [
        (Which("decided"), found.decided.now.n), (Which("decided", part="before"), found.decided.before.n),
        (Which("ended", "ran-out"), found.expiry.part), (Which("ended"), found.expiry.n),
        (Which("promised", "kept"), found.promises.part), (Which("done"), found.done.now.n),
        (Which("done", "away"), found.away.part), (Which("open"), found.open), (Which("asked"), found.asked.now),
        (Which("asked", part="before"), found.asked.before), (Which("moved"), found.moved.now),
        (Which("escalated"), found.escalated.now),
    ]  # fmt: skip
    for measure, lines in (
        ("decided", found.mix), ("declined", found.reasons), ("promised", found.promise_ends),
        ("escalated", found.outcomes),
    ):  # fmt: skip
        pairs += [(Which(measure, one.key), one.now) for one in lines]
        pairs += [(Which(measure, one.key, "before"), one.before) for one in lines]
    pairs += [(Which("open", one.key), one.now) for one in found.ages]
    pairs += [(Which("decided", part=point.part), point.n) for point in found.decided.points]
    pairs += [(Which("done", part=point.part), point.n) for point in found.done.points]
    return pairs


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"team": "commerce"},
        {"team": "search", "kind": "feature"},
        {"since": "2026-03-03", "until": "2026-03-05", "every": "week"},
        {"since": "2026-03-05", "until": "2026-03-09"},
    ],
)
@pytest.mark.parametrize("who", ["", "ann"])
def test_every_number_is_the_number_of_its_cases(
    lived: tuple[Town, dict[str, Request]], given: dict[str, str], who: str
) -> None:
    town, _ = lived
    of = asked(town, town.actor(who) if who else SYSTEM, **given)
    for which, number in _every_link(queries.figures(of)):
        assert queries.number(of, which) == number, which
        assert len(queries.cases(of, which).items) == number, which


def test_parts_and_kinds_link_to_their_cases(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    found = queries.figures(asked(town))
    for part in (*found.parts, *found.kinds):
        more = {"kind": part.key}
        if part.place:
            more = {"team": part.place.ref, "only": "yes" if part.place.alone else ""}
        of = asked(town, **more)
        numbers = {"asked": part.asked, "decided": part.decided.n, "ended": part.expiry.n, "done": part.done.n}
        assert {key: queries.number(of, Which(key)) for key in numbers} == numbers
        assert queries.number(of, Which("open")) == part.open
    assert sum(part.open for part in found.kinds) == found.open


def test_cases_go_page_by_page(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    seen, cursor = [], None
    while True:
        page = queries.cases(asked(town), Which("asked"), cursor=cursor, limit=2)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == queries.number(asked(town), Which("asked")) == 7


def test_the_window_before_is_compared_with(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    found = queries.figures(asked(town, since="2026-03-03", until="2026-03-03"))
    assert (found.decided.now.n, found.decided.before.n) == (1, 3)
    assert (found.asked.now, found.asked.before) == (0, 5)
    assert words.headline(found, "points")[0] == "Too few cases to compare with the window before."


def test_days_are_the_organisations(lived: tuple[Town, dict[str, Request]], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided at 16:00 UTC of 2 March was decided on 3 March in Tokyo."""
    from dataclasses import replace

    from awayteam.kernel import rulebook

    book = rulebook.current()
    tokyo = replace(book, calendar=replace(book.calendar, time_zone="Asia/Tokyo"))
    monkeypatch.setattr(rulebook, "current", lambda: tokyo)
    town, _ = lived
    assert queries.number(asked(town, since="2026-03-02", until="2026-03-02"), Which("decided")) == 0
    assert queries.number(asked(town, since="2026-03-03", until="2026-03-03"), Which("decided")) == 4


@pytest.mark.parametrize(
    ("given", "field"),
    [({"kind": "wish"}, "kind"), ({"since": "soon"}, "since"), ({"every": "hour"}, "every"), ({"until": "x"}, "until")],
)
def test_an_impossible_question_is_refused(
    lived: tuple[Town, dict[str, Request]], given: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(lived[0], **given)
    assert field in refused.value.fields


def test_unknown_teams_measures_and_parts_are_refused(lived: tuple[Town, dict[str, Request]]) -> None:
    town, _ = lived
    with pytest.raises(NotFound):
        asked(town, team="nobody")
    for which in (Which("nope"), Which("decided", part="99"), Which("decided", part="-1")):
        with pytest.raises(InvalidInput):
            queries.cases(asked(town), which)


def test_every_measure_says_what_it_counts() -> None:
    assert all(one.title and one.says.endswith(".") for one in MEASURES.values())
