"""What a plot is registered for: the drawing of its machine, its clock, its subject, and its rows on Home."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import CharField, F, Q, QuerySet, Value
from django.utils import timezone

from awayteam.kernel import clockface, clocks, machines, subjects, turns
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.clocks import Handler
from awayteam.kernel.errors import NotFound
from awayteam.kernel.machines import CLOCK
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.registries import Registry
from awayteam.kernel.requests import Request
from awayteam.kernel.subjects import Actors
from awayteam.kernel.turns import Place, TurnRow
from awayteam.notifications.actions import tell
from awayteam.stories.models import Story
from awayteam.stories.plot import Held, Plot
from awayteam.stories.stepping import hold

M = TypeVar("M", bound=Story)
plots: Registry[str, Plot[Story]] = Registry()
MOST_TURNS = 200
"""Running clocks that Home looks at, of all kinds together: the most pressing ones."""


def register(plot: Plot[M]) -> Plot[M]:
    """Let stories of this kind be drawn, timed, linked and listed; called in `App.register()`."""
    plots[plot.kind] = plot  # type: ignore[assignment] # read by kind, as any story
    machines.register(plot.machine)
    clocks.register(
        Handler(
            plot.kind,
            expire=lambda clock, now: _expire(plot, clock, now),
            remind=lambda clock, now: _remind(plot, clock, now),
            busy=lambda ids: _busy(plot, ids),
        )
    )
    subjects.register(
        plot.kind,
        lambda request, ids: _seen(plot, request, ids),
        lambda id, persons, actors: _audience(plot, id, persons, actors),
    )
    turns.register("stories", _turns)
    return plot


def _held(plot: Plot[M], clock: Clock, now: datetime) -> Held[M] | None:
    """The row whose running clock this is; None where it has gone on already."""
    try:
        held = hold(plot, clock.subject_id, actor=SYSTEM, now=now)
    except NotFound:
        return None
    held.party = CLOCK
    return held if held.row.clock_id == clock.pk else None


def _expire(plot: Plot[M], clock: Clock, now: datetime) -> None:
    held = _held(plot, clock, now)
    if held is not None:
        plot.expire(held)


def _remind(plot: Plot[M], clock: Clock, now: datetime) -> None:
    """Tell whoever has the turn how much time is left."""
    held = _held(plot, clock, now)
    if held is None:
        return
    row, face = held.row, clockface.describe(clock, now)
    person, team = row.turn_person_id, row.turn_team_id
    tell(
        now=now, subject=held.subject, event="clock.reminded", text=f"Your turn: {plot.label(row)} — {face.text}.",
        address=plot.address(row), persons=[person] if person else [], teams=[team] if team and not person else [],
        urgent=face.last_quarter, key=f"clock-{clock.pk}-{clock.next_at}",
    )  # fmt: skip


def _busy(plot: Plot[M], ids: Collection[int]) -> set[int]:
    return clocks.busy(plot.model._default_manager.filter(pk__in=ids))


def _seen(plot: Plot[M], request: Request, ids: set[int]) -> dict[int, str]:
    rows = plot.visible(request.actor, plot.model._default_manager.filter(pk__in=ids), timezone.now())
    return {row.pk: plot.address(row) for row in rows.select_related(*plot.related)}


def _audience(plot: Plot[M], id: int, persons: frozenset[int], actors: Actors) -> set[int]:
    """Those of the persons who may see the row."""
    if plot.seen_by_all(id):
        return set(persons)
    row, now = plot.model._default_manager.filter(pk=id), timezone.now()
    asked = {person: actor for person, actor in actors().items() if person in persons}
    return {person for person, actor in asked.items() if plot.visible(actor, row, now).exists()}


def _turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Open rows of every kind that wait for this person, for a colleague, or for which they wait.

    Whose turn it is stands in the clocks. One statement finds what is anybody's turn here, and what the actor waits
    for, of all kinds together; then each kind is read where there is something.
    """
    mine = Q(turn_person_id=actor.person_id) if actor.person_id is not None else Q(pk__in=[])
    ours = mine | Q(turn_team_id__in=sorted(actor.teams))
    running = Clock.objects.filter(ours, subject_kind__in=list(plots), state=ClockState.RUNNING).order_by()
    asked = running.values_list("subject_kind", "subject_id", "due_at")
    waited = [_waited(plot, condition) for plot in plots.values() if (condition := plot.waiting(actor)) is not None]
    found: dict[str, set[int]] = defaultdict(set)
    for kind, id, _due in asked.union(*waited).order_by("due_at")[:MOST_TURNS]:
        found[kind].add(id)
    for kind, ids in found.items():
        yield from _rows(plots[kind], ids, actor, now)


def _waited(plot: Plot[M], condition: Q) -> "QuerySet[Any, tuple[Any, ...]]":
    """Open rows that fit: their kind, id and due time, as of a clock."""
    rows: QuerySet[Any] = plot.model._default_manager.filter(condition, closed_at__isnull=True).order_by()
    kind = Value(plot.kind, output_field=CharField())
    told: QuerySet[Any, tuple[Any, ...]] = rows.annotate(story_kind=kind, story_id=F("pk")).values_list(
        "story_kind", "story_id", "due_at"
    )
    return told


def _rows(plot: Plot[M], ids: Collection[int], actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Those of the rows that are open and that the actor may see; one statement."""
    rows = plot.visible(actor, plot.model._default_manager.filter(pk__in=ids, closed_at__isnull=True), now)
    related = dict.fromkeys((*plot.related, "clock", "turn_person", "turn_team"))
    for row in rows.select_related(*related).order_by("due_at", "pk")[: turns.AT_MOST]:
        yield _row(plot, row, actor, now)


def _row(plot: Plot[M], row: M, actor: Actor, now: datetime) -> TurnRow:
    own = row.turn_person_id == actor.person_id if row.turn_person_id else row.turn_team_id in actor.teams
    colleague = not own and row.turn_team_id in actor.teams
    who = str(row.turn_person or row.turn_team or "administrators")
    return TurnRow(
        place=Place.YOURS if own else Place.SOON if colleague else Place.WAITING,
        subject=plot.subject(row),
        title=plot.label(row),
        url=plot.address(row),
        state=row.state.replace("-", " "),
        whose="you" if row.turn_person_id == actor.person_id and own else "your team" if own else who,
        started_at=row.entered_at,
        due_at=row.due_at,
        face=clockface.describe(row.clock, now) if row.clock is not None else None,
    )
