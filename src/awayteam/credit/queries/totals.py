"""What the ledger holds of each kind, side by side. There is no sum over kinds."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, Sum
from django.db.models.functions import Cast, Concat

from awayteam.credit.models import Entry, EntryUnit
from awayteam.credit.permissions import visible
from awayteam.credit.queries.filters import CreditFilter
from awayteam.credit.rules import LEAST, MEASURES, Kind
from awayteam.credit.words import KIND_SAYS, KIND_WORDS, amount
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team


@dataclass(frozen=True, slots=True)
class Total:
    """One kind: `entries` of it, for so many different `things`, with the sum of their quantities in its measure."""

    kind: Kind
    entries: int
    things: int
    quantity: Decimal
    amount: str

    @property
    def words(self) -> str:
        return KIND_WORDS[self.kind]

    @property
    def says(self) -> str:
        return KIND_SAYS[self.kind]

    @property
    def measure(self) -> str:
        return MEASURES[self.kind].value


@dataclass(frozen=True, slots=True)
class Part:
    """A team or unit with what it has of each kind."""

    team: Team
    totals: Sequence[Total]


def _counts(path: str = "") -> dict[str, Any]:
    """Entries, different things that they are about, and the sum of their quantities."""
    number = Cast(f"{path}subject_id", CharField())
    thing = Concat(f"{path}subject_kind", number, output_field=CharField())
    return {"number": Count("pk"), "things": Count(thing, distinct=True), "sum": Sum(f"{path}quantity")}


def totals(actor: Actor, wanted: CreditFilter, now: datetime) -> list[Total]:
    """A total for each kind, also of those that nobody has; one statement."""
    rows = visible(actor, Entry.objects.filter(wanted.condition, withdrawn_at__isnull=True), now).order_by()
    return _totals(rows.values_list("kind").annotate(**_counts()))


def _totals(rows: Iterable[Any]) -> list[Total]:
    unit = rulebook.current().requests.value_unit
    known = {
        Kind(kind): (entries, things, Decimal(quantity).quantize(LEAST)) for kind, entries, things, quantity in rows
    }
    found = []
    for kind, measure in MEASURES.items():
        entries, things, quantity = known.get(kind, (0, 0, Decimal(0).quantize(LEAST)))
        found.append(Total(kind, entries, things, quantity, amount(quantity, measure, unit)))
    return found


def parts(actor: Actor, wanted: CreditFilter, now: datetime) -> list[Part]:
    """The units and teams right below what is asked for, with what they have; four statements.

    What stands below is today's; what each has is what was earned below it at the time.
    """
    below = _below(wanted.team)
    ids = [team.pk for team in below]
    seen = visible(actor, Entry.objects.filter(wanted.condition, withdrawn_at__isnull=True), now).order_by()
    rows: dict[int, dict[str, tuple[int, int, Decimal]]] = defaultdict(dict)
    own = seen.filter(team__in=ids).values_list("team_id", "kind")
    for team, kind, *counted in own.annotate(**_counts()):
        rows[team][kind] = (counted[0], counted[1], counted[2])
    units = EntryUnit.objects.filter(unit__in=ids, entry__in=seen.values("pk")).values_list("unit_id", "entry__kind")
    for team, kind, *counted in units.annotate(**_counts("entry__")):
        old = rows[team].get(kind, (0, 0, Decimal(0)))
        rows[team][kind] = (old[0] + counted[0], old[1] + counted[1], old[2] + counted[2])
    found = [(team, rows[team.pk]) for team in below if rows.get(team.pk)]
    return [Part(team, _totals((kind, *counted) for kind, counted in some.items())) for team, some in found]


def _below(team: Team | None) -> list[Team]:
    """Units and teams right below, by name; of the whole organisation, a single unit at the top is looked into."""
    rows = list(Team.objects.filter(parent=team).order_by("name", "pk"))
    if team is None:
        tops = [row for row in rows if row.is_unit]
        if len(tops) == 1:
            return list(Team.objects.filter(parent=tops[0]).order_by("name", "pk"))
    return rows
