"""Home's lists: whose turn it is, from what apps tell and from the clocks themselves."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from awayteam.kernel import turns
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Clock
from awayteam.kernel.turns import Place, Total, TurnRow

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
ACTOR = Actor(kind=ActorKind.PERSON, label="Ada", person_id=7, teams=frozenset({3, 4}))


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_providers", {})


def row(id: int, place: Place, due: int | None = None, began: int = -5) -> TurnRow:
    return TurnRow(
        place, Subject("request", id, f"r{id}"), f"r{id}", f"/r/{id}/", "decide", "you",
        NOW + timedelta(hours=began), None if due is None else NOW + timedelta(hours=due),
    )  # fmt: skip


def tell(*rows: TurnRow, key: str = "requests", totals: turns.Totals | None = None) -> None:
    def provider(_actor: Actor, _now: datetime) -> Iterable[TurnRow]:
        return rows

    turns.register(key, provider, totals=totals)


def clock(subject: int, person: int | None = None, team: int | None = None) -> Clock:
    return Clock.objects.create(
        kind="request.decide_now", subject_kind="request", subject_id=subject, subject_label=f"clock {subject}",
        turn_person_id=person, turn_team_id=team, started_at=NOW, due_at=NOW + timedelta(hours=subject),
        allowance_minutes=60 * subject, calendar=Calendar().to_data(),
    )  # fmt: skip


def titles(place: Place) -> list[str]:
    return [row.title for row in turns.gather(ACTOR, NOW)[place].rows]


@pytest.mark.django_db
def test_most_pressing_first_then_what_has_no_time_longest_waiting_first() -> None:
    tell(
        row(1, Place.YOURS, began=-1), row(2, Place.YOURS, due=9), row(3, Place.YOURS, due=-2),
        row(4, Place.YOURS, began=-30),
    )  # fmt: skip
    assert titles(Place.YOURS) == ["r3", "r2", "r4", "r1"]


@pytest.mark.django_db
def test_a_subject_stands_once_in_the_first_of_its_lists() -> None:
    tell(row(1, Place.WAITING, due=1), row(2, Place.SOON, due=3), row(2, Place.SOON, due=2))
    tell(row(1, Place.YOURS, due=5), key="reviews")
    assert (titles(Place.YOURS), titles(Place.WAITING), titles(Place.SOON)) == (["r1"], [], ["r2"])
    assert turns.gather(ACTOR, NOW)[Place.SOON].rows[0].due_at == NOW + timedelta(hours=2)


@pytest.mark.django_db
def test_what_is_left_out_is_counted_and_totals_without_cases_are_silent() -> None:
    def totals(_actor: Actor, _now: datetime) -> dict[Place, Total]:
        return {Place.YOURS: Total(70, "70 requests to decide", "/requests/"), Place.SOON: Total(0, "none", "/")}

    tell(*(row(id, Place.YOURS, due=id) for id in range(20)), totals=totals)
    found = turns.gather(ACTOR, NOW, limit=12)
    assert (len(found[Place.YOURS].rows), found[Place.YOURS].left_out) == (12, 8)
    assert [total.count for total in found[Place.YOURS].totals] == [70]
    assert found[Place.SOON] == turns.TurnList([], 0, [])


@pytest.mark.django_db
def test_clocks_nobody_tells_of_are_listed_by_whose_turn_it_is() -> None:
    clock(1, person=7)
    clock(2, team=3)
    clock(3, person=8, team=4)
    clock(4, person=8, team=99)
    clock(5, team=99)
    found = turns.gather(ACTOR, NOW)
    assert [(one.title, one.whose) for one in found[Place.YOURS].rows] == [("clock 1", "you"), ("clock 2", "your team")]
    assert [(one.title, one.whose) for one in found[Place.SOON].rows] == [("clock 3", "a colleague")]
    assert found[Place.YOURS].rows[0].state == "decide now"
    face = found[Place.YOURS].rows[0].face
    assert face is not None
    assert face.text == "1 h left of 1 h"


@pytest.mark.django_db
def test_a_provider_speaks_for_the_clocks_of_its_subjects() -> None:
    clock(1, person=7)
    clock(2, person=7)
    clock(2, team=3)
    tell(row(1, Place.WAITING))
    assert (titles(Place.YOURS), titles(Place.WAITING)) == (["clock 2", "clock 2"], ["r1"])


@pytest.mark.django_db
def test_registering_a_key_again_replaces_its_provider() -> None:
    tell(row(1, Place.YOURS))
    tell(row(2, Place.YOURS))
    assert titles(Place.YOURS) == ["r2"]
