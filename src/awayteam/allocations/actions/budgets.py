"""The budget of a provider: what its team says it can serve, and the sums of what holds today."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, Sum

from awayteam.allocations.machine import WAITING
from awayteam.allocations.measuring import holding
from awayteam.allocations.models import Allocation, Budget, Measured
from awayteam.allocations.permissions import can_declare
from awayteam.allocations.rules import MOST_TEXT, Per, Rate, wrong_rate
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as visible_entities
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject

KINDS = ("API", "Component", "Resource")
"""What can provide, as the catalog names kinds."""
WAITS = [one.value for one in WAITING]


def require_provider(entity: Entity) -> None:
    """Raises `InvalidInput` for what provides no capacity (a team, a domain)."""
    if entity.kind not in KINDS:
        what = f"{entity} is a {entity.kind}; a budget is of a service, an API or a resource."
        raise InvalidInput(what, "Name one of these.", {"provider": what})


def budget_of(provider: Entity | int) -> Budget:
    """The budget's row, locked; made where there is none. Call it in a transaction."""
    pk = provider if isinstance(provider, int) else provider.pk
    Budget.objects.get_or_create(provider_id=pk)
    return Budget.objects.select_for_update(of=("self",)).get(provider_id=pk)


def declare(
    provider: Entity, rate: Rate | None, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Budget:
    """Say what a provider can serve (None: its team doesn't say any more). For its team.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict` (it has changed meanwhile).
    """
    wrong = wrong_rate(rate) if rate is not None else {}
    if len(words) > MOST_TEXT or "\0" in words:
        wrong["words"] = f"has {MOST_TEXT:,} characters at most"
    if wrong:
        raise InvalidInput("The capacity can't be used.", "Mend these.", wrong)
    with transaction.atomic():
        seen = visible_entities(actor, Entity.objects.filter(pk=provider.pk), now).select_related("owner__team").first()
        if seen is None:
            raise NotFound(f"There is no entity {provider.pk}.", "Look for it by search.")
        require_provider(seen)
        can_declare(actor, seen).require()
        row = budget_of(seen)
        if version is not None and row.version != version:
            raise Conflict("The budget has changed since you looked at it.", "Look at it again, and decide anew.")
        old = f"{Rate(row.rate, Per(row.per))}" if row.rate is not None else None
        row.rate, row.per, row.capacity = (rate.calls, rate.per.value, rate.daily) if rate else (None, "", None)
        row.words, row.declared_by_id, row.declared_at, row.version = (
            words.strip(),
            actor.person_id,
            now,
            row.version + 1,
        )
        row.save()
        changes = {"capacity": (old, str(rate) if rate else None)}
        subject = Subject("entity", seen.pk, str(seen)[:300])
        name = EventName.BUDGET_CAPACITY_DECLARED
        events.append(name, subject=subject, actor=actor, now=now, reason=words.strip()[:2000], changes=changes)
        recount([seen.pk], now=now)
    return Budget.objects.get(pk=row.pk)


def recount(providers: Iterable[int], *, now: datetime) -> int:
    """Make the sums of these providers' budgets anew; four statements and one for each that changed. Idempotent."""
    ids, day = sorted(set(providers)), now.date()
    rows = Allocation.objects.filter(provider__in=ids).order_by().values("provider")
    granted = dict(rows.filter(holding(day)).annotate(sum=Sum("daily")).values_list("provider", "sum"))
    waiting = dict(rows.filter(state__in=WAITS).annotate(sum=Count("pk")).values_list("provider", "sum"))
    used = {
        provider: (week, consumers)
        for provider, week, consumers in Measured.objects.filter(provider__in=ids).order_by().values("provider")
        .annotate(sum=Sum("week"), number=Count("pk", filter=Q(week__gt=0)))
        .values_list("provider", "sum", "number")
    }  # fmt: skip
    with transaction.atomic():
        known = {
            row.provider_id: row for row in Budget.objects.select_for_update(of=("self",)).filter(provider__in=ids)
        }
        new = [Budget(provider_id=pk) for pk in ids if pk not in known]
        Budget.objects.bulk_create(new, ignore_conflicts=True)
        if new:
            known = {row.provider_id: row for row in Budget.objects.filter(provider__in=ids)}
        changed = [
            row
            for pk, row in known.items()
            if _set(row, granted.get(pk, 0), used.get(pk, (0.0, 0)), waiting.get(pk, 0))
        ]
        fields = ["granted", "used", "consumers", "asked", "share"]
        Budget.objects.bulk_update(changed, fields, batch_size=500)
    return len(changed)


def _set(row: Budget, granted: int, used: tuple[float, int], asked: int) -> bool:
    before = (row.granted, row.used, row.consumers, row.asked, row.share)
    row.granted, row.asked = granted, asked
    row.used, row.consumers = used
    row.share = 100 * row.used / granted if granted else -1
    return before != (row.granted, row.used, row.consumers, row.asked, row.share)
