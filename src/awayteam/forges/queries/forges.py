"""Forges with their health, and their repositories."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from awayteam.forges import registry
from awayteam.forges.models import (
    DeliveryState,
    Forge,
    ForgeAccount,
    ForgeChange,
    ForgeDelivery,
    ForgeRepository,
    ForgeState,
)
from awayteam.forges.permissions import can_view
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import OutboxMessage, OutboxState

FEW_LEFT, MUCH_SKEW = 0.1, 30.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a forge does, in one word (good, waiting, bad, off) and a sentence that says what to do next."""

    word: str
    says: str


@dataclass(frozen=True, slots=True)
class ForgeRow:
    """A forge with what lies before it. `unlinked` counts accounts that took part in changes and are nobody's.

    `hook` is the address that the forge delivers to, "" where nothing is heard from it.
    """

    forge: Forge = field(repr=False)
    title: str
    hook: str
    health: Health
    repositories: int = 0
    open_changes: int = 0
    unlinked: int = 0
    waiting: int = 0
    dead_deliveries: int = 0
    dead_changes: int = 0
    dead_messages: int = 0

    @property
    def dead(self) -> int:
        return self.dead_deliveries + self.dead_changes + self.dead_messages


def forges(actor: Actor, now: datetime, *, removed: bool = False) -> list[ForgeRow]:
    """All forges by name; a handful of statements."""
    can_view(actor).require()
    rows = Forge.objects.order_by("name")
    return rows_of(list(rows if removed else rows.exclude(state=ForgeState.REMOVED)), now)


def row_of(forge: Forge, now: datetime) -> ForgeRow:
    return rows_of([forge], now)[0]


def rows_of(forges: Sequence[Forge], now: datetime) -> list[ForgeRow]:
    keys = [one.pk for one in forges]
    places = _count(ForgeRepository.objects.filter(gone_at=None), "forge", keys)
    of_changes = ForgeChange.objects.all()
    opened = _count(of_changes.filter(stand="open"), "repository__forge", keys)
    given_up = _count(of_changes.filter(is_dead=True), "repository__forge", keys)
    wanted = _count(of_changes.filter(wanted__gt=F("asked"), is_dead=False), "repository__forge", keys)
    unlinked = _count(ForgeAccount.objects.filter(person=None, is_bot=False, seen__gt=0), "forge", keys)
    told = ForgeDelivery.objects.all()
    dead = _count(told.filter(state=DeliveryState.DEAD), "forge", keys)
    waiting = _count(told.filter(state=DeliveryState.WAITING), "forge", keys)
    messages = dead_messages(keys)
    found = []
    for one in forges:
        kind = registry.kinds.get(one.kind)
        counts = (dead.get(one.pk, 0), given_up.get(one.pk, 0), messages.get(one.pk, 0))
        found.append(
            ForgeRow(
                forge=one, title=kind.title if kind else one.kind,
                hook=f"{settings.URL}/forges/{one.pk}/deliveries" if kind and kind.inbound is not None else "",
                health=health(one, sum(counts), now), repositories=places.get(one.pk, 0),
                open_changes=opened.get(one.pk, 0), unlinked=unlinked.get(one.pk, 0),
                waiting=waiting.get(one.pk, 0) + wanted.get(one.pk, 0), dead_deliveries=counts[0],
                dead_changes=counts[1], dead_messages=counts[2],
            )
        )  # fmt: skip
    return found


def _count(rows: "QuerySet[ForgeRepository] | QuerySet[ForgeChange] | QuerySet[ForgeAccount] | QuerySet[ForgeDelivery]",
           by: str, keys: Sequence[int]) -> dict[int, int]:  # fmt: skip
    return dict(rows.filter(**{f"{by}__in": keys}).order_by().values_list(by).annotate(Count("pk")))


def dead_messages(keys: Sequence[int]) -> dict[int, int]:
    """Messages to forges that were given up, by forge; those of the newest 1,000."""
    found: dict[int, int] = {}
    for _message, forge in dead_of(keys):
        found[forge] = found.get(forge, 0) + 1
    return found


def dead_of(keys: Sequence[int]) -> list[tuple[OutboxMessage, int]]:
    """Messages to these forges that were given up, the newest first, each with its forge."""
    rows = list(OutboxMessage.objects.filter(channel="forge", state=OutboxState.DEAD).order_by("-pk")[:1_000])
    changes = [row.payload.get("change") for row in rows if "change" in row.payload]
    issues = [row.payload.get("issue") for row in rows if "issue" in row.payload]
    by_change = dict(ForgeChange.objects.filter(pk__in=changes).values_list("pk", "repository__forge"))
    by_issue = dict(
        ForgeRepository.objects.filter(issues__in=issues).values_list("issues__pk", "forge")
    )  # fmt: skip
    pairs = [(row, by_change.get(row.payload.get("change")) or by_issue.get(row.payload.get("issue"))) for row in rows]
    return [(row, forge) for row, forge in pairs if forge is not None and forge in keys]


def health(forge: Forge, dead: int, now: datetime) -> Health:
    """The most urgent thing first."""
    if forge.state == ForgeState.REMOVED:
        return Health("off", "Removed: nothing is heard from it or told to it.")
    if forge.state == ForgeState.PAUSED:
        return Health("off", "Paused: deliveries are refused, nothing is published.")
    error, answer = forge.last_error_at, forge.last_answer_at
    if error is not None and (answer is None or error >= answer):
        return Health("bad", f"It doesn't do what it is asked: {forge.last_error[:300]}")
    if answer is None and forge.last_delivery_at is None:
        hears = registry.kind(forge.kind).inbound is not None
        enter = "Test it, and enter our address as a webhook there." if hears else "Test it."
        return Health("waiting", f"Nothing was heard yet. {enter}")
    if forge.rate_limit and forge.rate_remaining is not None and forge.rate_remaining < FEW_LEFT * forge.rate_limit:
        return Health("waiting", f"Only {forge.rate_remaining} of {forge.rate_limit} requests are left for now.")
    if dead:
        return Health("waiting", f"{dead} were given up. Look at the reason, and try again.")
    if forge.skew_seconds is not None and abs(forge.skew_seconds) > MUCH_SKEW:
        return Health("waiting", f"Its clock differs from ours by {forge.skew_seconds:.0f} seconds.")
    late = timedelta(minutes=2 * rulebook.current().forges.poll_minutes)
    if forge.polled_at is not None and now - forge.polled_at > late:
        return Health("waiting", "It wasn't looked at for a while: is the worker running?")
    return Health("good", "It answers.")


def repositories(forge: Forge, *, limit: int = 200) -> list[ForgeRepository]:
    """Its repositories, those with the most open changes first."""
    rows = ForgeRepository.objects.filter(forge=forge).select_related("repository", "forge")
    return list(rows.annotate(open_changes=Count("changes", Q(changes__stand="open")))
                .order_by("gone_at", "-open_changes", "slug", "pk")[:limit])  # fmt: skip
