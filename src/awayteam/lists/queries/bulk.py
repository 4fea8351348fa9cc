"""What was changed for many rows at once, as pages show it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision
from awayteam.kernel.requests import Request
from awayteam.lists.models import BulkChange, BulkRow, Outcome
from awayteam.lists.permissions import may_undo


@dataclass(frozen=True, slots=True)
class Told:
    """A change with its rows counted by outcome, and whether the reader may take it back."""

    change: BulkChange
    counts: dict[str, int]
    may_undo: Decision

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def change(actor: Actor, change_id: int, *, locked: bool = False) -> BulkChange:
    """One's own change; administrators see everybody's. Raises `NotFound`."""
    rows = BulkChange.objects.select_for_update() if locked else BulkChange.objects.select_related("person")
    found = rows.filter(pk=change_id).first()
    own = found is not None and found.person_id is not None and found.person_id == actor.person_id
    if found is None or not (own or actor.is_administrator):
        raise NotFound("There is no such change of many rows.", "Those older than ninety days are forgotten.")
    return found


def told(actor: Actor, change_id: int, now: datetime) -> Told:
    """Two statements. Raises `NotFound`."""
    made = change(actor, change_id)
    counted = made.rows.order_by().values_list("outcome").annotate(n=Count("pk"))
    return Told(made, dict(counted), may_undo(actor, made, now))


def last_told(request: Request, now: datetime) -> Told | None:
    """The change that the address of a list names (`?bulk=`); None where it names none that this reader may see."""
    named = request.GET.get("bulk", "")
    if not named.isdecimal() or len(named) > 18:
        return None
    try:
        return told(request.actor, int(named), now)
    except NotFound:
        return None


def rows(made: BulkChange) -> list[BulkRow]:
    """Its rows, those that went differently than asked first."""
    order = {Outcome.REFUSED: 0, Outcome.KEPT: 1, Outcome.DONE: 2, Outcome.UNDONE: 3}
    return sorted(made.rows.order_by("label", "pk"), key=lambda row: order[Outcome(row.outcome)])
