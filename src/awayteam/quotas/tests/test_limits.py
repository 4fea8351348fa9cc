"""Limits: set, changed, moved; by whom; what is told; and what is refused changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from awayteam.catalog.models import Entity
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.quotas import actions
from awayteam.quotas.models import Limit, Revision
from awayteam.quotas.rules import Unit
from awayteam.quotas.tests.world import NOON, ONE, World, everything, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    return world()


def test_a_limit_starts_in_shadow_with_event_and_message(here: World) -> None:
    made = here.set(consumer=here.web)
    assert (made.state, made.burst, made.version) == ("shadow", 1000, 1)
    event = Event.objects.get(name="quota.set")
    assert (event.subject_label, event.reason) == ("web on orders", "Enough for them.")
    assert event.data["changes"] == {"rate": [None, "100 per second, 1,000 at once"], "state": [None, "shadow"]}
    told = set(Notification.objects.values_list("person__name", flat=True))
    assert told == {"paul", "pia"}, "the consumer's team hears of it"
    assert Revision.objects.get().number == 1


def test_it_goes_from_shadow_to_enforced_and_back(here: World) -> None:
    row, olga = here.set(consumer=here.web), here.actor("olga")
    later = NOON + timedelta(hours=1)
    assert actions.enforce(row, actor=olga, now=later, reason="Shadow hit nobody.").state == "enforced"
    assert actions.shadow(row, actor=olga, now=later, reason="Black Friday.").state == "shadow"
    assert actions.switch_off(row, actor=olga, now=later, reason="Not needed.").state == "off"
    with pytest.raises(Conflict, match="into shadow before"):
        actions.enforce(row, actor=olga, now=later, reason="Now.")
    names = list(Event.objects.filter(subject_kind="quota").order_by("pk").values_list("name", flat=True))
    assert names == ["quota.set", "quota.enforced", "quota.shadowed", "quota.switched-off"]
    assert Limit.objects.get().version == 4


def test_a_tighter_one_goes_through_shadow_again_and_a_wider_one_stays(here: World) -> None:
    row = here.set(consumer=here.web)
    actions.enforce(row, actor=here.actor("olga"), now=NOON, reason="So.")
    assert here.set(consumer=here.web, rate=(200, Unit.SECOND, 2000)).state == "enforced"
    assert here.set(consumer=here.web, rate=(50, Unit.SECOND, 2000)).state == "shadow"
    assert Limit.objects.count() == 1
    with pytest.raises(Conflict, match="that already"):
        here.set(consumer=here.web, rate=(50, Unit.SECOND, 2000))


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"rate": (0, Unit.SECOND, None)}, InvalidInput), ({"rate": (1, Unit.DAY, 0)}, InvalidInput),
        ({"operation": "GET /nothing"}, InvalidInput), ({"operation": "orders.created"}, InvalidInput),
        ({"reason": " "}, InvalidInput), ({"who": "sam"}, NotAllowed), ({"who": "paul"}, NotAllowed),
        ({"who": "ann"}, NotAllowed),
    ],
)  # fmt: skip
def test_what_is_refused_changed_nothing(here: World, what: dict[str, Any], kind: type[AwayteamError]) -> None:
    before = everything()
    with pytest.raises(kind):
        here.set(**{"consumer": here.web, **what})
    assert everything() == before


def test_only_apis_are_limited_and_only_callers(here: World) -> None:
    before = everything()
    with pytest.raises(InvalidInput, match="is no API"):
        here.set(api=here.service, consumer=here.web)
    with pytest.raises(InvalidInput, match="calls nothing"):
        here.set(consumer=here.api)
    assert everything() == before


DEEDS = (actions.enforce, actions.shadow, actions.switch_off)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", ["paul", "sam", "ann", "dana"])
def test_only_who_provides_moves_a_limit(here: World, who: str, deed: Callable[..., Limit]) -> None:
    """Managers above may: dana manages the division."""
    row = here.set(consumer=here.web)
    if deed is actions.shadow:
        actions.enforce(row, actor=here.actor("mona"), now=NOON, reason="So.")
    before = everything()
    if who == "dana":
        assert deed(row, actor=here.actor(who), now=NOON, reason="So.").version > 1
        return
    with pytest.raises(NotAllowed, match="orders"):
        deed(row, actor=here.actor(who), now=NOON, reason="So.")
    assert everything() == before


def test_what_nobody_answers_for_is_limited_by_administrators(here: World) -> None:
    Entity.objects.filter(pk=here.api.pk).update(owner=None)
    here.api.refresh_from_db()
    with pytest.raises(NotAllowed, match="administrator"):
        here.set(consumer=here.web)
    assert not Limit.objects.exists()


def test_what_is_restricted_is_neither_seen_nor_moved(here: World) -> None:
    row = here.set(consumer=here.web, operation=ONE)
    Entity.objects.filter(pk=here.api.pk).update(restricted=True)
    before = everything()
    for deed in DEEDS:
        with pytest.raises(NotFound):
            deed(row, actor=here.actor("sam"), now=NOON, reason="So.")
    assert everything() == before


def test_a_stale_look_decides_nothing(here: World) -> None:
    row = here.set(consumer=here.web)
    before = everything()
    with pytest.raises(Conflict, match="meanwhile"):
        actions.enforce(row, actor=here.actor("olga"), now=NOON, reason="So.", version=7)
    assert everything() == before
