"""Goals with what is known of them: key results and where they stand, figures, the items that serve them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Person, Team
from awayteam.roadmaps import facts
from awayteam.roadmaps.choices import GoalState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Document, Figure, Goal, Item, KeyResult, Measurement
from awayteam.roadmaps.permissions import visible


@dataclass(frozen=True, slots=True)
class KeyResultView:
    """A key result with its measurements that stand (those corrected are left out), oldest first, and how far it is.

    `progress` is 0 at the baseline and 1 at the target, None unmeasured; `expected` what the goal's time says.
    """

    row: KeyResult
    measurements: Sequence[Measurement]
    progress: float | None
    expected: float

    @property
    def latest(self) -> Measurement | None:
        return self.measurements[-1] if self.measurements else None


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal as its page and the list of a team show it. `items` are the open ones that serve it."""

    goal: Goal
    key_results: Sequence[KeyResultView]
    figures: Sequence[Figure]
    items: Sequence[Item]
    documents: Sequence[Document]
    children: Sequence[Goal]

    @property
    def progress(self) -> float | None:
        """The mean of the key results, each counted from 0 to 1; None where none was measured."""
        known = [min(max(one.progress, 0.0), 1.0) for one in self.key_results if one.progress is not None]
        return sum(known) / len(self.key_results) if known else None


def goal(actor: Actor, id: int) -> Goal:
    """The goal with team, owner and the goal above. Raises `NotFound`."""
    rows = Goal.objects.select_related("team__parent", "owner", "parent__team")
    found = visible(actor, rows).filter(pk=id).first()
    if found is None:
        raise NotFound(f"There is no goal {id}.", "Look at the goals of its team.")
    return found


def goals(
    actor: Actor,
    *,
    team: Team | None = None,
    owner: Person | None = None,
    states: Iterable[str] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Goal]:
    """Goals by their end, the earliest first, with team and owner; two statements."""
    rows = visible(actor, Goal.objects.select_related("team", "owner", "parent"))
    wanted = list(states)
    unknown = [one for one in wanted if one not in list(GoalState)]
    if unknown:
        raise InvalidInput(f"There is no state {unknown[0][:40]!r}.", f"Choose from {', '.join(GoalState)}.")
    if wanted:
        rows = rows.filter(state__in=wanted)
    if team is not None:
        rows = rows.filter(team=team)
    if owner is not None:
        rows = rows.filter(owner=owner)
    total = rows.count()
    if cursor:
        after, pk = decode_cursor(cursor, str, int)
        try:
            day = datetime.fromisoformat(after).date()
        except ValueError:
            raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.") from None
        rows = rows.filter(Q(ends__gt=day) | Q(ends=day, pk__gt=pk))
    found = list(rows.order_by("ends", "pk")[: limit + 1])
    return page_of(found, limit, lambda row: (row.ends.isoformat(), row.pk), total)


def views(actor: Actor, rows: Sequence[Goal], now: datetime) -> list[GoalView]:
    """All that is known of several goals; six statements whatever their number."""
    ids = [row.pk for row in rows]
    results: dict[int, list[KeyResult]] = defaultdict(list)
    for result in KeyResult.objects.filter(goal__in=ids).order_by("pk"):
        results[result.goal_id].append(result)
    measured: dict[int, list[Measurement]] = defaultdict(list)
    standing = Measurement.objects.filter(key_result__goal__in=ids, corrected_by__isnull=True)
    for one in standing.select_related("made_by").order_by("at", "pk"):
        measured[one.key_result_id].append(one)
    figures: dict[int, list[Figure]] = defaultdict(list)
    for figure in Figure.objects.filter(goal__in=ids).order_by("name", "period"):
        figures[figure.goal_id].append(figure)
    serving: dict[int, list[Item]] = defaultdict(list)
    for item in (
        visible(actor, Item.objects.filter(goal__in=ids, state__in=OPEN))
        .select_related("team")
        .order_by("team", "rank")
    ):
        serving[item.goal_id or 0].append(item)
    children: dict[int, list[Goal]] = defaultdict(list)
    for child in visible(actor, Goal.objects.filter(parent__in=ids)).select_related("team").order_by("ends", "pk"):
        children[child.parent_id or 0].append(child)
    documents: dict[int, list[Document]] = defaultdict(list)
    through = Document.goals.through.objects.filter(goal__in=ids).select_related("document__team")
    for link in through.order_by("document__title"):
        documents[link.goal_id].append(link.document)
    return [
        GoalView(
            goal=row,
            key_results=[_result(one, measured[one.pk], row, now) for one in results[row.pk]],
            figures=figures[row.pk],
            items=serving[row.pk],
            documents=documents[row.pk],
            children=children[row.pk],
        )
        for row in rows
    ]


def _result(row: KeyResult, measured: Sequence[Measurement], goal: Goal, now: datetime) -> KeyResultView:
    latest = measured[-1].value if measured else None
    whole = max((goal.ends - goal.starts).days + 1, 1)
    gone = (now.date() - goal.starts).days
    return KeyResultView(
        row, measured, facts.progress(row.baseline, row.target, latest), min(max(gone / whole, 0.0), 1.0)
    )
