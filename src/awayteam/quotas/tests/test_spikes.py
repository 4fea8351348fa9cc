"""Spikes: found from counts, told to the provider's lead and the consumer's team, answered with a click."""

from datetime import timedelta

import pytest

from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Membership
from awayteam.quotas import actions, past, queries
from awayteam.quotas.models import Limit, Spike
from awayteam.quotas.rules import Rate, Unit
from awayteam.quotas.tests.world import NOON, World, everything, world

pytestmark = pytest.mark.django_db
HOUR = past.hour_of(NOON)


@pytest.fixture
def here() -> World:
    """`web` asks 3,600 times an hour under a limit that is off by now, and in the last hour 90,000 times."""
    made = world()
    Membership.objects.filter(person=made.town.person("olga")).update(role="lead")
    limit = made.set(consumer=made.web)
    for hour in range(HOUR - 24 * 10, HOUR - 1):
        made.use(limit, hour, 3600)
    made.use(limit, HOUR - 1, 90_000)
    other = made.set(consumer=made.batch)
    for hour in range(HOUR - 24 * 10, HOUR):
        made.use(other, hour, 20_000)
    actions.switch_off(limit, actor=made.actor("olga"), now=NOON, reason="Later.")
    Notification.objects.all().delete()
    return made


def found(here: World) -> Spike:
    assert actions.find_spikes(NOON) == 1
    return Spike.objects.get()


def test_a_spike_is_found_once_with_its_limit_and_told(here: World) -> None:
    row = found(here)
    assert (row.consumer, row.calls, row.usual) == (here.web, 90_000, 3600.0)
    assert (row.requests, row.unit, row.burst) == (90, "minute", 15), "one and a half times the busiest hour before"
    told = dict(Notification.objects.values_list("person__name", "text"))
    assert set(told) == {"olga", "paul", "pia"}, "the lead of the provider, and the consumer's team"
    assert told["olga"].startswith("web asked 90,000 times of orders in an hour, usually 3,600.")
    assert Event.objects.filter(name="spike.found").count() == 1
    assert actions.find_spikes(NOON + timedelta(minutes=20)) == 0


def test_one_click_sets_the_limit_in_shadow_and_another_enforces_it(here: World) -> None:
    row, olga = found(here), here.actor("olga")
    assert [one.verb for one in queries.spike(olga, row.pk, NOON).offers if one.possible] == ["shadow", "planned"]
    actions.shadow_spike(row, actor=olga, now=NOON)
    limit = Limit.objects.get(consumer=here.web)
    assert (limit.state, limit.origin, limit.requests) == ("shadow", "spike", 90)
    assert [one.verb for one in queries.spike(olga, row.pk, NOON).offers if one.possible] == ["enforce"]
    done = actions.enforce_spike(row, actor=olga, now=NOON)
    limit.refresh_from_db()
    assert (done.state, limit.state) == ("enforced", "enforced")
    with pytest.raises(Conflict, match="enforced"):
        actions.enforce_spike(row, actor=olga, now=NOON)


def test_planned_growth_takes_a_reason_and_sets_nothing(here: World) -> None:
    row, before = found(here), Limit.objects.count()
    with pytest.raises(InvalidInput):
        actions.answer_spike(row, actor=here.actor("olga"), now=NOON, reason=" ")
    actions.answer_spike(row, actor=here.actor("olga"), now=NOON, reason="The new shop opened.")
    row.refresh_from_db()
    assert (row.state, row.answer, Limit.objects.count()) == ("planned", "The new shop opened.", before)
    assert actions.find_spikes(NOON + timedelta(minutes=50)) == 0, "it was answered; nobody is told again that day"


@pytest.mark.parametrize("who", ["paul", "sam", "ann"])
def test_others_do_not_answer(here: World, who: str) -> None:
    row = found(here)
    before = everything()
    for deed in (actions.shadow_spike, actions.enforce_spike, actions.answer_spike):
        with pytest.raises(NotAllowed):
            deed(row, actor=here.actor(who), now=NOON, reason="So.")
    assert everything() == before


def test_where_a_limit_stands_already_the_spike_does_not_change_it(here: World) -> None:
    row = found(here)
    here.set(consumer=here.web, rate=(500, Unit.SECOND, 500))
    before = everything()
    with pytest.raises(Conflict, match="a limit shadow already"):
        actions.shadow_spike(row, actor=here.actor("olga"), now=NOON)
    assert everything() == before


def test_a_preview_counts_past_use_of_those_it_is_for(here: World) -> None:
    olga = here.actor("olga")
    told = queries.preview(olga, here.api, here.web, "", Rate(1, Unit.SECOND, 1), NOON)
    assert (told.calls, told.least, told.limited) == (24 * 10 * 3600 - 3600 + 90_000, 90_000 - 3601, 1)
    assert told.most > told.least
    rest = queries.preview(olga, here.api, None, "", Rate(1, Unit.SECOND, 1), NOON)
    assert rest.consumers == (), "both have limits of their own"
