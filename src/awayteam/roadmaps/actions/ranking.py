"""The order of a team's roadmap: dense ranks, written by two statements however many move."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from awayteam.kernel import bulk
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.roadmaps.actions.base import Displaced, changing, fresh, subject
from awayteam.roadmaps.choices import ItemKind, ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Item
from awayteam.roadmaps.permissions import Verb

CHUNK = 1_000


def order_of(team_id: int) -> list[int]:
    """Ids of the team's ranked items by rank."""
    return list(Item.objects.filter(team=team_id, rank__isnull=False).order_by("rank").values_list("pk", flat=True))


def write(team_id: int, order: Sequence[int]) -> dict[int, tuple[int | None, int]]:
    """Give the items their place in `order` as rank; returns (old, new) of those that change.

    Ranks are unique at every moment, so those that change step aside below zero first.
    """
    held = dict(Item.objects.filter(team=team_id, pk__in=order).values_list("pk", "rank"))
    changes = {pk: (held[pk], rank) for rank, pk in enumerate(order, 1) if held[pk] != rank}
    moving = [pk for pk, (old, _) in changes.items() if old is not None]
    for start in range(0, len(moving), CHUNK):
        Item.objects.filter(pk__in=moving[start : start + CHUNK]).update(rank=-F("rank"))
    bulk.update(Item, ("rank",), ((pk, new) for pk, (_, new) in changes.items()))
    return changes


def placed(order: Sequence[int], item: int, rank: int | None) -> list[int]:
    """The order with `item` at `rank` (None or beyond the end: last)."""
    rest = [one for one in order if one != item]
    place = len(rest) if rank is None else min(rank - 1, len(rest))
    return [*rest[:place], item, *rest[place:]]


def check_rank(rank: int | None) -> None:
    """Raises `InvalidInput` for what is no rank."""
    if rank is not None and rank < 1:
        raise InvalidInput("Ranks begin with 1.", "The first item has rank 1.", {"rank": "must be at least 1"})


def move(*, actor: Actor, now: datetime, item: Item, rank: int, reason: str, version: int | None = None) -> Displaced:
    """Give an item another rank (beyond the last: the last); returns what is displaced, the costliest first.

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (it isn't ranked, has this rank already, the roadmap has changed).
    """
    check_rank(rank)
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.RANK, version=version) as change:
        row = fresh(item)
        if row.rank is None:
            raise Conflict(why_unranked(row), "Only ranked items are moved.")
        order = placed(order_of(row.team_id), row.pk, rank)
        if order[row.rank - 1] == row.pk:
            raise Conflict(f"It has rank {row.rank} already.", "Nothing needs to be changed.")
        write(row.team_id, order)
        changes = {"rank": (row.rank, order.index(row.pk) + 1)}
        change.tell(EventName.ITEM_MOVED, subject(row), changes, team=row.team_id)
    return change.displaced


def reshuffle(
    *,
    actor: Actor,
    now: datetime,
    changes: Sequence[tuple[Item, int | None]],
    reason: str,
    version: int | None = None,
    authorised_by: str = "",
) -> Displaced:
    """Give several items other ranks, or drop them (rank None), of one or more teams, in one transaction and event.

    First what is dropped goes, then the others take their ranks, the lowest first. `authorised_by` names a decision
    elsewhere ("request", "escalation") that stands in for the right to rank; callers have checked it. Returns what is
    displaced: items whose end moves, and (with `dropped` True) those that were given up. Raises as `move` does.
    """
    if not changes:
        raise InvalidInput("Nothing is to be moved.", "Name at least one item and its new rank.")
    for _, rank in changes:
        check_rank(rank)
    verb = None if authorised_by else Verb.RANK
    teams = {item.team_id: item.team for item, _ in changes}
    with changing(*teams.values(), actor=actor, now=now, reason=reason, verb=verb, version=version) as change:
        wanted = {fresh(item): rank for item, rank in changes}
        if len({item.pk for item in wanted}) < len(changes):
            raise InvalidInput("An item is named twice.", "Name each item once.")
        for item in wanted:
            if item.state not in OPEN or (item.rank is None and wanted[item] is not None):
                raise Conflict(f"{item}: {why_unranked(item)}", "Leave it out.")
        ranks: dict[int, tuple[int | None, int | None]] = {}
        dropped = [item for item, rank in wanted.items() if rank is None]
        for item in dropped:
            ranks[item.pk] = (item.rank, None)
        ids = [item.pk for item in dropped]
        Item.objects.filter(pk__in=ids).update(
            state=ItemState.DROPPED, rank=None, dropped_at=now, version=F("version") + 1
        )
        for pk in sorted(teams):
            order = order_of(pk)
            moves = sorted((rank, item.pk) for item, rank in wanted.items() if item.team_id == pk and rank is not None)
            order = [one for one in order if one not in {item for _, item in moves}]
            for rank, item_id in moves:
                order = placed(order, item_id, rank)
            ranks |= write(pk, order)
        first = change.roadmaps[min(teams)]
        about = Subject("roadmap", first.pk, ", ".join(str(teams[pk]) for pk in sorted(teams))[:300])
        change.tell(EventName.ROADMAP_RESHUFFLED, about, teams=sorted(teams), ranks=ranks, authorised_by=authorised_by)
    return [*(_given_up(item) for item in dropped), *change.displaced]


def _given_up(item: Item) -> dict[str, object]:
    """A dropped item as a row of what is displaced: it has no date any more."""
    return {
        "item": item.pk,
        "title": item.title,
        "team": item.team_id,
        "team_name": str(item.team),
        "team_ref": item.team.ref,
        "rank_before": item.rank,
        "rank_after": None,
        "p50_before": item.forecast_p50.isoformat() if item.forecast_p50 else None,
        "p50_after": None,
        "p85_before": item.forecast_p85.isoformat() if item.forecast_p85 else None,
        "p85_after": None,
        "days50": None,
        "days85": None,
        "value_per_week": float(item.value_per_week),
        "cost": None,
        "dropped": True,
    }


def why_unranked(item: Item) -> str:
    """Why an item has no rank, as a sentence."""
    if item.state in {ItemState.DONE, ItemState.DROPPED}:
        return f"This item is {item.state}."
    if item.kind == ItemKind.DEBT and item.goal_id is None:
        return "Paying off debt isn't ranked until it names the goal that it moves."
    return "This item isn't ranked."
