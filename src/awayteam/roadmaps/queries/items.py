"""One item with its story, and lists of items over all teams."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Event
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Person, Team
from awayteam.roadmaps.choices import ItemKind, ItemState
from awayteam.roadmaps.loading import OPEN, load
from awayteam.roadmaps.models import Dependency, Document, Item
from awayteam.roadmaps.permissions import visible
from awayteam.roadmaps.rules import Slot, plan

LONGEST_STORY = 200
RESHUFFLES = 50


def item(actor: Actor, id: int) -> Item:
    """The item with its team, goal and maker. Raises `NotFound`."""
    rows = Item.objects.select_related("team__parent", "goal__team", "created_by")
    found = visible(actor, rows).filter(pk=id).first()
    if found is None:
        raise NotFound(f"There is no item {id}.", "Look at the roadmap of its team.")
    return found


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with its place in the plan of today (None once it is closed), its ties, documents and story."""

    item: Item
    slot: Slot | None
    needs: Sequence[Dependency]
    needed_by: Sequence[Dependency]
    documents: Sequence[Document]
    story: Sequence[Event]


def view(actor: Actor, row: Item, now: datetime) -> ItemView:
    """All that the page of an item shows; an open one is planned afresh with its team."""
    slot = None
    if row.state in OPEN:
        slot = plan(load([row.team_id], now).inputs).by_item().get(row.pk)
    ties = Dependency.objects.select_related("item__team", "needs__team").filter(Q(item=row) | Q(needs=row))
    tied = list(visible(actor, ties).order_by("created_at", "pk"))
    return ItemView(
        item=row,
        slot=slot,
        needs=[tie for tie in tied if tie.item_id == row.pk],
        needed_by=[tie for tie in tied if tie.needs_id == row.pk],
        documents=list(visible(actor, Document.objects.filter(items=row)).select_related("team").order_by("title")),
        story=story(row),
    )


def story(row: Item) -> list[Event]:
    """What happened to an item, newest first: its own events, and the reshuffles that moved or dropped it."""
    own = list(events.history("roadmap-item", row.pk, limit=LONGEST_STORY).items)
    shuffles = Event.objects.filter(name=EventName.ROADMAP_RESHUFFLED).order_by("-pk")[:RESHUFFLES]
    moved = [event for event in shuffles if str(row.pk) in event.data.get("ranks", {})]
    return sorted([*own, *moved], key=lambda event: -event.pk)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list of items is narrowed to; empty means all. `states` "open" stands for planned and started."""

    team: Team | None = None
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    goal: int | None = None
    text: str = ""


def items(actor: Actor, filter: ItemFilter, *, cursor: str | None = None, limit: int = 50) -> Page[Item]:
    """Items by id, with team and goal; two statements. Raises `InvalidInput` for unknown states and kinds."""
    rows = narrowed(visible(actor, Item.objects.select_related("team", "goal")), filter)
    total = rows.count()
    if cursor:
        rows = rows.filter(pk__gt=decode_cursor(cursor, int)[0])
    return page_of(list(rows.order_by("pk")[: limit + 1]), limit, lambda row: (row.pk,), total)


def narrowed(rows: "QuerySet[Item]", filter: ItemFilter) -> "QuerySet[Item]":
    """The rows that the filter lets through."""
    states = {state for one in filter.states for state in (OPEN if one == "open" else [one])}
    _known("state", states, {one.value for one in ItemState})
    _known("kind", set(filter.kinds), {one.value for one in ItemKind})
    if filter.team is not None:
        rows = rows.filter(team=filter.team)
    if states:
        rows = rows.filter(state__in=states)
    if filter.kinds:
        rows = rows.filter(kind__in=filter.kinds)
    if filter.goal is not None:
        rows = rows.filter(goal=filter.goal)
    if filter.text:
        rows = rows.filter(title__icontains=filter.text.replace("\0", "")[:200])
    return rows


def _known(name: str, given: set[str], known: set[str]) -> None:
    unknown = sorted(given - known)
    if unknown:
        what = f"There is no {name} {unknown[0][:40]!r}."
        raise InvalidInput(what, f"Choose from {', '.join(sorted(known))}.", {name: what})


def items_of(actor: Actor, person: Person, limit: int = 10) -> list[Item]:
    """Open items that a person put on roadmaps, the newest first; one statement."""
    mine = visible(actor, Item.objects.filter(created_by=person, state__in=OPEN)).select_related("team")
    return list(mine.order_by("-pk")[:limit])
