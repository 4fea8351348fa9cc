"""Whose turn it is: what Home lists, filled by the apps above.

Home asks one thing of every app: what waits for this person, what do their teams wait for, and what will come to them
soon? An app answers for its own subjects, in `App.register()` (or its `places.py`):

    turns.register("requests", _turns, totals=_totals)

    def _turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
        for request, clock in queries.open_for(actor, limit=turns.AT_MOST):
            yield TurnRow(
                place=Place.YOURS if request.decider_id == actor.person_id else Place.WAITING,
                subject=Subject("request", request.pk, request.title),
                title=request.title,
                url=reverse("request", args=[request.pk]),
                state="decide",
                whose="you" if ... else "Orders (Ada Byron)",
                started_at=clock.started_at,
                due_at=clock.due_at,
                face=clockface.describe(clock, now),
            )

A subject stands on Home once, in the first of the lists to which it was given. Clocks that run for the actor and
that no provider tells of are listed by the kernel itself, with their bare label: an app that starts clocks is on Home
from its first day, and better once it registers.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import Q

from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.registries import Registry

AT_MOST = 50
"""Rows for each list that a provider should give at most: the most pressing ones. Whoever has more gives `totals`."""

NEVER = datetime.max.replace(tzinfo=UTC)


class Place(StrEnum):
    """The lists of Home, in their order."""

    YOURS = "yours"
    """This person must act: named, or one of a team in which nobody is named."""

    WAITING = "waiting"
    """Somebody else must act, and this person or one of their teams waits for it."""

    SOON = "soon"
    """Others will wait for this person or their teams: a colleague's open turn, or a date that comes near."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One line of Home. `state` is a word or two in the imperative or as a state ("decide", "more information").

    `whose` says in words who must act: "you", a person, a team. `url` may be "": Home then asks `kernel.subjects` where
    the subject has its page. `face` is the clock's (`clockface.describe`); with none, `due_at` is a plain date, and
    with neither the row is listed after those that have a time, the oldest `started_at` first.
    """

    place: Place
    subject: Subject
    title: str
    url: str
    state: str
    whose: str
    started_at: datetime
    due_at: datetime | None = None
    face: ClockFace | None = None
    note: str = ""

    @property
    def pressing(self) -> tuple[datetime, datetime, str, int]:
        """Sort key: the earliest due first, then what has waited longest."""
        return (self.due_at or NEVER, self.started_at, self.subject.kind, self.subject.id)


@dataclass(frozen=True, slots=True)
class Total:
    """How many there are in all, in words a link can carry ("12 requests to decide"), and the list that it counts."""

    count: int
    words: str
    url: str


Provider = Callable[[Actor, datetime], Iterable[TurnRow]]
Totals = Callable[[Actor, datetime], Mapping[Place, Total]]


@dataclass(frozen=True, slots=True)
class TurnList:
    """The most pressing rows of one list; `left_out` are those read and not shown, `totals` what the apps count."""

    rows: list[TurnRow]
    left_out: int
    totals: list[Total]


_providers: Registry[str, tuple[Provider, Totals | None]] = Registry()


def register(key: str, provider: Provider, *, totals: Totals | None = None) -> None:
    """Ask `provider` for every Home, in place of one with its key.

    It must give only what the actor may see, and costs every Home its statements: one or two, however many rows.
    """
    _providers[key] = (provider, totals)


def gather(actor: Actor, now: datetime, *, limit: int = 12) -> dict[Place, TurnList]:
    """The lists of Home for `actor`: of each place the `limit` most pressing rows, each subject once."""
    told: dict[tuple[str, int], TurnRow] = {}
    for provider, _totals in _providers.values():
        for row in provider(actor, now):
            _tell(told, row)
    bare = list(_clocks(actor, now, told))
    counted = [totals(actor, now) for _provider, totals in _providers.values() if totals is not None]
    return {place: _list(place, [*told.values(), *bare], counted, limit) for place in Place}


def _tell(told: dict[tuple[str, int], TurnRow], row: TurnRow) -> None:
    """Keep the row, unless its subject has one in an earlier list, or a more pressing one in the same."""
    key, order = (row.subject.kind, row.subject.id), list(Place)
    known = told.get(key)
    if known is None or (order.index(row.place), row.pressing) < (order.index(known.place), known.pressing):
        told[key] = row


def _list(place: Place, rows: Iterable[TurnRow], counted: Iterable[Mapping[Place, Total]], limit: int) -> TurnList:
    here = sorted((row for row in rows if row.place is place), key=lambda row: row.pressing)
    totals = [totals[place] for totals in counted if place in totals and totals[place].count]
    return TurnList(here[:limit], max(len(here) - limit, 0), totals)


def _clocks(actor: Actor, now: datetime, told: Collection[tuple[str, int]]) -> Iterable[TurnRow]:
    """Running clocks whose turn is this person's or one of their teams', without those of subjects that are told."""
    kinds = sorted({kind for kind, _id in told})
    known = [Q(subject_kind=kind, subject_id__in=[id for one, id in told if one == kind]) for kind in kinds]
    whose = Q(turn_team_id__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    if actor.person_id is not None:
        whose |= Q(turn_person_id=actor.person_id)
    running = Clock.objects.filter(whose, *(~one for one in known), state=ClockState.RUNNING)
    for clock in running.order_by("due_at", "pk")[:AT_MOST]:
        mine = clock.turn_person_id is None or clock.turn_person_id == actor.person_id
        yield TurnRow(
            place=Place.YOURS if mine else Place.SOON,
            subject=Subject(clock.subject_kind, clock.subject_id, clock.subject_label),
            title=clock.subject_label or clock.kind,
            url="",
            state=clock.kind.rpartition(".")[2].replace("_", " "),
            whose="you" if clock.turn_person_id == actor.person_id else "your team" if mine else "a colleague",
            started_at=clock.started_at,
            due_at=clock.due_at,
            face=clockface.describe(clock, now),
        )
