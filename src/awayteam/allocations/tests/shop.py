"""Budgets in the shop of the page tests: made when a page asks for them, so that no other page knows of them."""

from datetime import timedelta

from django.utils import timezone

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.allocations import actions
from awayteam.allocations.actions import Wanted
from awayteam.allocations.actions.finding import Seen, find
from awayteam.allocations.models import Agenda, Allocation, Growth
from awayteam.allocations.rules import Kind, Per, Period, Rate, Sign
from awayteam.allocations.use import Pair, last_whole_day
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team

BASKET, FINDER, API = "component:default/basket", "component:default/finder", "api:default/basket-api"


def _actor(name: str) -> Actor:
    return actor_of_user(User.objects.get(username=name), timezone.now())


def _thing(ref: str) -> Entity:
    return Entity.objects.get(ref=ref)


def asked() -> int:
    """Search asks for calls of the API of baskets, for finder; the words are hostile. The same one each time."""
    known = Allocation.objects.filter(provider__ref=API).first()
    return known.pk if known is not None else _ask(API, 2_400, Per.HOUR, "To <b>find</b> & show.").pk


def granted() -> int:
    """Orders says what the basket can serve, and grants finder less than was asked."""
    known = Allocation.objects.filter(provider__ref=BASKET).first()
    if known is not None:
        return known.pk
    ada, now = _actor("ada"), timezone.now()
    actions.declare(_thing(BASKET), Rate(50, Per.SECOND), actor=ada, now=now, words="Measured <twice>.")
    row = _ask(BASKET, 900, Per.HOUR, "For the season.")
    return actions.grant(row, actor=ada, now=now, rate=600, words="More when the disks are in.").pk


def _ask(provider: str, rate: int, per: Per, why: str) -> Allocation:
    now = timezone.now()
    period = Period(now.date(), now.date() + timedelta(days=90))
    wanted = Wanted(
        _thing(provider), Team.objects.get(name="search"), Rate(rate, per), period, why, consumer=_thing(FINDER)
    )
    return actions.ask(wanted, actor=_actor("sam"), now=now)


def growth(*, answered: bool = False) -> int:
    """Finder calls the basket five times as often as usual; Sam may have answered."""
    row = Growth.objects.first()
    if row is None:
        now = timezone.now()
        pair = Pair(_thing(BASKET).pk, _thing(FINDER).pk)
        sign = Sign(Kind.STEP, 9.5, 2_100.0, 10_400.0, 72.2)
        assert find({pair: Seen(sign, 0.1)}, now=now, day=last_whole_day(now)).found == 1
        row = Growth.objects.get()
    if answered and row.state == "open":
        now = timezone.now()
        until = now.date() + timedelta(days=30)
        actions.plan(row, actor=_actor("sam"), now=now, words="A <campaign> runs.", until=until)
    return row.pk


def agenda() -> int:
    """The review of orders, with all of the above on it."""
    known = Agenda.objects.filter(team__name="orders").first()
    if known is None:
        asked()
        granted()
        growth()
        assert actions.make_agendas(timezone.now()) == 2
        known = Agenda.objects.get(team__name="orders")
    return known.pk


def everything() -> str:
    """All of it is there; nothing more for an address."""
    agenda()
    return ""
