"""Time to first review, and of each round: pure, and from what forges tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from awayteam.accounts.models import User
from awayteam.forges import queries
from awayteam.forges.latency import spread, waits
from awayteam.forges.tests.yard import Yard, person, team, yard
from awayteam.gate.models import Change, ChangeReview
from awayteam.kernel.actor import ANONYMOUS, SYSTEM
from awayteam.kernel.errors import NotAllowed

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def test_waits_begin_when_something_is_shown_and_end_with_a_look() -> None:
    found = waits(at(0), [at(10), at(40), at(50)], [at(30), at(35), at(60)])
    assert [(one.number, one.since, one.until) for one in found] == [(1, at(0), at(30)), (2, at(40), at(60))]
    assert waits(at(0), [], []) == []
    assert waits(at(0), [at(5)], [at(5)])[0].since == at(0)
    assert waits(at(5), [], [at(0)]) == []


MOMENTS = st.lists(st.integers(0, 500).map(at), max_size=12)


@given(MOMENTS, MOMENTS)
def test_waits_never_overlap_nor_run_backwards(pushes: list[datetime], reviews: list[datetime]) -> None:
    found = waits(at(100), pushes, reviews)
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(one.since <= one.until for one in found)
    assert all(before.until <= after.since for before, after in pairwise(found))
    assert bool(found) == any(one >= at(100) for one in reviews)


def test_percentiles_are_figures_that_occurred() -> None:
    assert (spread([]).count, spread([]).median) == (0, None)
    assert (spread([5]).median, spread([5]).p90) == (5, 5)
    assert (spread(range(1, 11)).median, spread(range(1, 11)).p90) == (5, 9)


@pytest.fixture
def here(client: Browser) -> Iterator[Yard]:
    with yard(client) as made:
        yield made


@pytest.mark.django_db
def test_home_teams_are_measured_in_their_working_minutes_and_linked(here: Yard) -> None:
    pull, waiting = here.pull("sam"), here.pull("ada", "find/it.py")
    here.github.review(pull, "sam", "COMMENTED")
    here.github.review(pull, "bob", "COMMENTED")
    here.hear()
    change = here.change(pull)
    Change.objects.filter(pk=change.pk).update(opened_at=at(0))
    ChangeReview.objects.filter(label="bob").update(at=at(0) + timedelta(days=1, minutes=30))
    Change.objects.filter(pk=change.pk).update(first_reviewed_at=at(0) + timedelta(days=1, minutes=30))
    ChangeReview.objects.filter(label="sam").update(at=at(5))
    until = here.now + timedelta(days=1)
    rows = queries.latency(SYSTEM, since=at(-60), until=until)
    by_team = {row.team.name: row for row in rows}
    # a working day and half an hour of the next; the night doesn't count, nor the author's own word
    assert by_team["orders"].first.median == 510
    assert by_team["orders"].changes == 1
    assert by_team["search"].unanswered == 1
    assert here.change(waiting).home_team == team("search")
    user = User.objects.create_user("sue", person=person("sue"))
    here.browser.force_login(user)
    page = here.browser.get("/forges/latency/?days=3650&team=group:default/orders")
    assert f"/changes/{change.pk}/" in page.content.decode()
    listed = here.browser.get("/api/v1/forges/latency?days=3650").json()
    assert {row["team"] for row in listed} == {"group:default/orders", "group:default/search"}
    csv = b"".join(here.browser.get("/forges/latency/?days=3650&format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert csv.splitlines()[0] == "team,change,round,waited from,answered,working minutes"
    assert len(csv.splitlines()) == 2
    with pytest.raises(NotAllowed):
        queries.latency(ANONYMOUS, since=at(0), until=until)
    assert here.browser.get("/forges/latency/?days=x").status_code == 422
