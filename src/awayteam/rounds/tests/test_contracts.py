"""Rounds under contracts with another way of review, or another pledge."""

import pytest

from awayteam.kernel.errors import Conflict
from awayteam.rounds import actions
from awayteam.rounds.models import Trip
from awayteam.rounds.tests.camp import MONDAY, pitch
from awayteam.rounds.tests.test_rounds import denied

pytestmark = pytest.mark.django_db


def test_under_architecture_the_decider_signs_the_design_and_colleagues_look_at_changes() -> None:
    camp = pitch(review_mode="architecture")
    error = denied(camp.show, error=Conflict)
    assert "The design comes first" in str(error)
    design = camp.show(kind="design", title="How refunds work")
    assert design.turn_person == camp.person("olga")
    for name in ("oscar", "paul", "pia", "sam", "mona"):
        denied(actions.approve, design, actor=camp.actor(name), now=MONDAY)
    actions.approve(design, actor=camp.actor("olga"), now=MONDAY)
    change = camp.show()
    assert (change.state, change.turn_person, change.turn_team) == ("own-review", None, camp.engagement.away_team)
    for name in ("paul", "olga", "oscar", "sam"):
        denied(actions.approve, change, actor=camp.actor(name), now=MONDAY)
    change = actions.approve(change, actor=camp.actor("pia"), now=MONDAY)
    assert change.state == "approved"
    assert not Trip.objects.filter(round=change).exists()


def test_beyond_the_pledge_nothing_is_demanded_and_more_may_be_given() -> None:
    camp = pitch(pledged_hours=1)
    olga = camp.actor("olga")
    actions.book(camp.engagement, actor=olga, now=MONDAY, minutes=60, what="Pairing")
    row = camp.show()
    assert (row.state, row.way, row.turn_person) == ("fall-back", "independent", camp.person("sam"))
    assert "used up" in row.why
    row = actions.approve(row, actor=olga, now=MONDAY, minutes=15)
    assert row.state == "approved"
    trip = Trip.objects.get()
    assert (trip.asked_home, trip.in_time) == (False, True)
