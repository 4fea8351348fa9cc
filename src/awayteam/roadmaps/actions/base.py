"""What every change of a roadmap has in common: the lock, the version, the plan before and after, the forecasts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from awayteam.kernel import bulk, events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.organisation.models import Team
from awayteam.organisation.rules import require_reason
from awayteam.roadmaps.loading import Loaded, load, today
from awayteam.roadmaps.models import Item, Roadmap
from awayteam.roadmaps.permissions import Verb, can
from awayteam.roadmaps.rules import Plan, Slip, plan
from awayteam.roadmaps.rules.whatif import slips_of

Displaced = list[dict[str, Any]]
"""The items whose end moves by a change, as JSON-ready rows; see `displaced`."""


@dataclass(slots=True)
class Change:
    """A change of roadmaps under way: the block says what happened by `tell`, once.

    After the block `displaced` says whose end moved, and `cost` what that costs in points.
    """

    actor: Actor
    now: datetime
    reason: str
    roadmaps: Mapping[int, Roadmap]
    event: tuple[EventName, Subject, Mapping[str, tuple[Any, Any]] | None, dict[str, Any]] | None = None
    displaced: Displaced = field(default_factory=list)
    drafts: Sequence[Draft] | None = None

    @property
    def cost(self) -> float:
        """Points lost (negative: gained) by all that moved."""
        return round(sum(row["cost"] or 0.0 for row in self.displaced), 2)

    def tell(
        self,
        name: EventName,
        about: Subject,
        changes: Mapping[str, tuple[Any, Any]] | None = None,
        **data: Any,
    ) -> None:
        """The one event of this change; how many items it displaces and what that costs is added to its data."""
        self.event = (name, about, changes, data)

    def tell_all(self, drafts: Sequence[Draft]) -> None:
        """Events of many things that this change did at once, in the place of the one."""
        self.drafts = drafts


@contextmanager
def changing(
    *teams: Team,
    actor: Actor,
    now: datetime,
    reason: str,
    verb: Verb | None,
    version: int | None = None,
) -> Iterator[Change]:
    """One transaction over the roadmaps of `teams`: locked in order, planned before and after, forecasts stored.

    `verb` None: the caller has an authority of its own. `version` is that of the first team's roadmap as the actor saw
    it. Raises `NotAllowed`, `InvalidInput` (no reason), `Conflict` (the roadmap changed meanwhile, or was dissolved).
    """
    for team in teams:
        if verb is not None:
            can(actor, verb, team, now).require()
        if team.dissolved_at is not None:
            raise Conflict(f"{team} was dissolved.", "Choose a team that exists.")
    require_reason(reason)
    ids = sorted({team.pk for team in teams})
    with transaction.atomic():
        rows = hold(ids)
        if version is not None and rows[teams[0].pk].version != version:
            newer = rows[teams[0].pk].version
            raise Conflict(
                f"The roadmap of {teams[0]} has changed since you looked (it is at version {newer}).",
                "Look again, and repeat your change if it still makes sense.",
            )
        before = load(ids, now)
        change = Change(actor, now, reason, rows)
        yield change
        Roadmap.objects.filter(team__in=ids).update(version=F("version") + 1)
        change.displaced = settle(before, load(ids, now), now)
        if change.drafts is not None:
            events.append_many(change.drafts)
            return
        assert change.event is not None
        name, about, changes, data = change.event
        data |= {"displaced": len(change.displaced), "cost": change.cost}
        events.append(name, subject=about, actor=actor, now=now, reason=reason, changes=changes, data=data)


def hold(team_ids: Sequence[int]) -> dict[int, Roadmap]:
    """The roadmaps of these teams, made where there is none yet, locked until the transaction ends."""
    known = set(Roadmap.objects.filter(team__in=team_ids).values_list("team", flat=True))
    Roadmap.objects.bulk_create([Roadmap(team_id=pk) for pk in team_ids if pk not in known], ignore_conflicts=True)
    rows = Roadmap.objects.select_for_update().filter(team__in=team_ids).order_by("team")
    return {row.team_id: row for row in rows}


def settle(before: Loaded, after: Loaded, now: datetime) -> Displaced:
    """Store the forecasts that changed, and tell whose end moved against the plan before."""
    old, new = plan(before.inputs), plan(after.inputs)
    store(new)
    asked = sorted(after.asked)
    Roadmap.objects.filter(team__in=asked).update(forecast_version=F("version"), forecast_on=today(now))
    values = {one.id: one.value for one in before.inputs.items}
    return displaced(slips_of(old, new, values), before, values)


def store(new: Plan) -> int:
    """Write the forecasts of a plan to those items of which others are stored; returns to how many."""
    known = {
        pk: dates
        for pk, *dates in Item.objects.filter(pk__in=[slot.item for slot in new.slots]).values_list(
            "pk", "forecast_starts", "forecast_p50", "forecast_p85"
        )
    }
    rows = [
        (slot.item, slot.begins, slot.p50, slot.p85)
        for slot in new.slots
        if known.get(slot.item) != [slot.begins, slot.p50, slot.p85]
    ]
    return bulk.update(Item, ("forecast_starts", "forecast_p50", "forecast_p85"), rows)


def displaced(slips: Iterable[Slip], loaded: Loaded, values: Mapping[int, float]) -> Displaced:
    """Slips as rows that can be kept as JSON: dates in ISO form, days, value and cost; the costliest first."""
    rows = []
    for slip in slips:
        item = loaded.items[slip.item]
        rows.append(
            {
                "item": slip.item,
                "title": item.title,
                "team": slip.team,
                "team_name": str(loaded.teams[slip.team]),
                "team_ref": loaded.teams[slip.team].ref,
                "rank_before": slip.before.rank,
                "rank_after": slip.after.rank,
                "p50_before": _iso(slip.before.p50),
                "p50_after": _iso(slip.after.p50),
                "p85_before": _iso(slip.before.p85),
                "p85_after": _iso(slip.after.p85),
                "days50": slip.days50,
                "days85": slip.days85,
                "value_per_week": values[slip.item],
                "cost": None if slip.cost is None else round(slip.cost, 2),
            }
        )
    rows.sort(key=lambda row: -(row["cost"] if isinstance(row["cost"], float) else float("inf")))
    return rows


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def fresh(item: Item) -> Item:
    """The item as it is now, with its team. Raises `NotFound`."""
    found = Item.objects.select_related("team", "goal").filter(pk=item.pk).first()
    if found is None:
        raise NotFound("There is no such item.")
    return found


def subject(item: Item) -> Subject:
    return Subject("roadmap-item", item.pk, item.title)
