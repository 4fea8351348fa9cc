"""Successions in the shop of the page tests: made when a page asks for them, so that no other page knows of them."""

from datetime import datetime, timedelta

from django.utils import timezone

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Team
from awayteam.succession import actions
from awayteam.succession.models import Succession
from awayteam.usage.models import Coverage, Edge, Evidence, Name, Operation

OLD = timedelta(days=30)


def _actor(name: str) -> Actor:
    return actor_of_user(User.objects.get(username=name), timezone.now())


def _thing(name: str) -> Entity:
    return Entity.objects.filter(name=name, presence=1).order_by("pk")[0]


def asked() -> int:
    """Search asks for what orders entered by hand; the words are hostile. The same one each time."""
    known = Succession.objects.filter(kind="ask", closed_at=None).first()
    if known is not None:
        return known.pk
    search = Team.objects.get(name="search")
    words = "We <b>tend</b> it anyway.\n\nSee <script>alert(1)</script> & co."
    return actions.ask(_thing("by-hand"), actor=_actor("sam"), now=timezone.now(), team=search, words=words).pk


def handed() -> int:
    """The database of baskets is handed over to search; one line is ticked."""
    known = Succession.objects.filter(kind="offer", closed_at=None).first()
    if known is not None:
        return known.pk
    search, now = Team.objects.get(name="search"), timezone.now() - timedelta(hours=2)
    row = actions.offer(_thing("basket-db"), actor=_actor("zoe"), now=now, receiver=search, words="Yours?")
    row = actions.accept(row, actor=_actor("sam"), now=now)
    actions.tick(row, 1, actor=_actor("sam"), now=now, words="In our own account <now>.")
    return row.pk


def ending() -> int:
    """The selling system is deprecated: its notice ended."""
    known = Succession.objects.filter(kind="retirement", closed_at=None).first()
    if known is not None:
        return known.pk
    then = timezone.now() - OLD
    row = actions.retire(
        _thing("selling"), actor=_actor("zoe"), now=then, words="Nobody sells.", more="https://wiki.example/end"
    )
    clock = row.clock
    assert clock is not None
    clocks.handlers[clock.kind].expire(clock, clock.due_at)
    return row.pk


def measured() -> int:
    """Finder alone was seen to call the basket: a proposal with its evidence, by unsampled counters of a quarter."""
    known = Succession.objects.filter(kind="last-consumer", closed_at=None).first()
    if known is not None:
        return known.pk
    now, basket, finder = timezone.now(), _thing("basket"), _thing("finder")
    source, _ = Evidence.objects.get_or_create(name="envoy")
    names = [
        Name.objects.get_or_create(
            text=one.name, kind="service", defaults={"entity": one, "first_hour": 0, "last_hour": _hour(now)}
        )[0]
        for one in (finder, basket)
    ]
    operation, _ = Operation.objects.get_or_create(provider=names[1], text="GET /baskets/{id}", kind="service")
    Edge.objects.create(
        consumer=names[0], provider=names[1], operation=operation, source=source, calls=48_000, seen=48_000,
        sampling=1.0, first_seen=now - 5 * OLD, last_seen=now - timedelta(hours=1), summarised_at=now,
    )  # fmt: skip
    for back in range(121):
        day = (now - timedelta(days=back)).replace(hour=0, minute=0)
        Coverage.objects.get_or_create(
            source=source, day=day.date(), sender="proxy",
            defaults={"first_hour": _hour(day), "last_hour": _hour(day) + 23, "spans": 9_000, "paired": 9_000},
        )  # fmt: skip
    return actions.propose(basket, actor=SYSTEM, now=now).pk


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600
