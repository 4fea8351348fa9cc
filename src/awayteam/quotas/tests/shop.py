"""Limits in the shop of the page tests: made when a page asks for them, so that no other page knows of them."""

from datetime import timedelta

from django.utils import timezone

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.quotas import actions, past
from awayteam.quotas.models import Count, Limit, Spike
from awayteam.quotas.rules import Unit

API = "api:default/basket-api"
THROW = "DELETE /baskets/{id}"


def _actor(name: str) -> Actor:
    return actor_of_user(User.objects.get(username=name), timezone.now())


def _thing(ref: str) -> Entity:
    return Entity.objects.get(ref=ref)


def limit(*, enforced: bool = False) -> int:
    """Ada limits finder in shadow, and whoever throws baskets away for real; proxies counted both. The same each time.

    The words are hostile.
    """
    known = Limit.objects.filter(operation=THROW if enforced else "", api__ref=API).first()
    if known is not None:
        return known.pk
    made, ada, now = timezone.now() - timedelta(days=2), _actor("ada"), timezone.now()
    api = _thing(API)
    if not enforced:
        row = actions.set_limit(
            api, _thing("component:default/finder"), "", (90, Unit.MINUTE, None), actor=ada, now=made,
            reason="Enough to <b>find</b> & more.",
        )  # fmt: skip
    else:
        row = actions.set_limit(api, None, THROW, (2, Unit.SECOND, 5), actor=ada, now=made, reason="Few are thrown.")
        row = actions.enforce(row, actor=ada, now=now - timedelta(days=1), reason="The shadow hit nobody.")
    hour = past.hour_of(now)
    for back in range(1, 40):
        over, denied = (back % 7 * 9, 0) if not enforced else (back % 5, back % 5)
        Count.objects.create(limit=row, hour=hour - back, allowed=900 + 10 * (back % 24), over=over, denied=denied)
    return row.pk


def spike(*, answered: bool = False) -> int:
    """Finder, not limited any more, asks far more than usual in the last hour; Ada may have answered."""
    known = Spike.objects.filter(api__ref=API).first()
    if known is None:
        now, ada = timezone.now(), _actor("ada")
        row = Limit.objects.get(pk=limit())
        hour = past.hour_of(now)
        Count.objects.filter(limit=row).delete()
        Count.objects.bulk_create(
            Count(limit=row, hour=hour - back, allowed=3_600) for back in range(2, 24 * 10)
        )  # fmt: skip
        Count.objects.create(limit=row, hour=hour - 1, allowed=90_000)
        actions.switch_off(row, actor=ada, now=now, reason="They asked for it.")
        assert actions.find_spikes(now) == 1
        known = Spike.objects.get(api__ref=API)
    if answered and known.state == "open":
        actions.answer_spike(known, actor=_actor("ada"), now=timezone.now(), reason="The <new> shop opened.")
    return known.pk
