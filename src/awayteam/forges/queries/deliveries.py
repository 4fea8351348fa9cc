"""Deliveries, and what was given up. For administrators."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.forges.models import DeliveryState, Forge, ForgeChange, ForgeDelivery
from awayteam.forges.permissions import inside
from awayteam.forges.queries.forges import dead_of
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery without its body."""

    pk: int
    id: str
    kind: str
    state: str
    attempts: int
    received_at: datetime
    next_at: datetime
    done_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """Something that was given up: a delivery, a change that the forge doesn't tell of, or a message to it."""

    what: str
    pk: int
    label: str
    attempts: int
    at: datetime
    last_error: str


def deliveries(
    actor: Actor, forge: Forge, *, state: str = "", cursor: str = "", limit: int = 50
) -> Page[DeliveryRow]:  # fmt: skip
    """Deliveries of a forge, the newest first. Raises `NotAllowed`, `InvalidInput`."""
    inside(actor)
    rows = ForgeDelivery.objects.filter(forge=forge).order_by("-pk").defer("body")
    if state:
        if state not in DeliveryState.values:
            raise InvalidInput(f"There is no state {state[:40]!r}.", f"Choose from {', '.join(DeliveryState.values)}.")
        rows = rows.filter(state=state)
    if cursor:
        rows = rows.filter(pk__lt=decode_cursor(cursor, int)[0])
    return page_of([row_of(row) for row in rows[: limit + 1]], limit, lambda row: (row.pk,))


def row_of(row: ForgeDelivery) -> DeliveryRow:
    return DeliveryRow(
        row.pk, row.delivery_id, row.kind, row.state, row.attempts, row.received_at, row.next_at, row.done_at,
        row.last_error,
    )  # fmt: skip


def dead(actor: Actor, forge: Forge, limit: int = 100) -> list[DeadRow]:
    """Everything of a forge that was given up, the newest first. Raises `NotAllowed`."""
    inside(actor)
    told = ForgeDelivery.objects.filter(forge=forge, state=DeliveryState.DEAD).defer("body").order_by("-pk")[:limit]
    asked = ForgeChange.objects.filter(repository__forge=forge, is_dead=True).select_related("repository")
    found = [DeadRow("delivery", one.pk, str(one), one.attempts, one.received_at, one.last_error) for one in told]
    found += [
        DeadRow("change", one.pk, f"{one.repository.slug} #{one.number}", one.attempts, one.next_at, one.last_error)
        for one in asked.order_by("-pk")[:limit]
    ]
    found += [
        DeadRow("message", one.pk, str(one.payload.get("title") or one.idempotency_key), one.attempts, one.created_at,
                one.last_error)
        for one, _forge in dead_of([forge.pk])[:limit]
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.at, reverse=True)[:limit]


def delivery(actor: Actor, forge: Forge, pk: int) -> ForgeDelivery:
    """One delivery. Raises `NotAllowed`, `NotFound`."""
    inside(actor)
    found = ForgeDelivery.objects.select_related("forge").filter(forge=forge, pk=pk).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


def change(actor: Actor, forge: Forge, pk: int) -> ForgeChange:
    """One change of a forge. Raises `NotAllowed`, `NotFound`."""
    inside(actor)
    found = ForgeChange.objects.select_related("repository__forge").filter(repository__forge=forge, pk=pk).first()
    if found is None:
        raise NotFound("There is no such change.")
    return found
