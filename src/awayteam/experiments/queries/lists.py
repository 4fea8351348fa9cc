"""Lists of experiments, and what was learnt from those that ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from awayteam.experiments.machine import FINAL, State
from awayteam.experiments.models import Experiment
from awayteam.experiments.permissions import visible
from awayteam.experiments.rules import Outcome
from awayteam.experiments.words import OUTCOMES, STATES
from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team
from awayteam.requests.words import short_clock
from awayteam.reviews.queries.faceting import Facet, facet

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
SORTS = ("due", "-created", "title")
RELATED = ("team", "owner", "decider", "turn_person", "clock")


@dataclass(frozen=True, slots=True)
class ExperimentFilter:
    """Each empty part narrows nothing. `live` leaves out what has ended; `mine`: those the actor owns or decides."""

    state: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    surface: tuple[str, ...] = ()
    live: bool = True
    mine: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """An experiment as lists show it."""

    experiment: Experiment
    face: ClockFace | None

    @property
    def clock(self) -> str:
        """The clock in few words; "" where none runs."""
        return short_clock(self.face) if self.face else ""

    @property
    def clock_tone(self) -> str:
        """How the clock is drawn: running, late in its last quarter, overdue."""
        face = self.face
        return "" if face is None else "overdue" if face.overdue else "late" if face.last_quarter else "running"

    @property
    def words(self) -> str:
        return STATES[State(self.experiment.state)]

    @property
    def outcome(self) -> str:
        return OUTCOMES[Outcome(self.experiment.outcome)] if self.experiment.outcome else ""


def experiments(
    actor: Actor, wanted: ExperimentFilter, *, now: datetime, sort: str = "due", cursor: str | None = None,
    limit: int = 50,
) -> Page[ExperimentRow]:  # fmt: skip
    """Experiments that the actor may see; two statements."""
    rows = _narrowed(actor, wanted)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor)
    found = rows.select_related(*RELATED).defer("design", "findings", "hypothesis", "learnt", "stop_reason")
    page = page_of(list(found[: limit + 1]), limit, key, total)
    return Page(rows_of(page.items, now), page.next_cursor, page.total)


def rows_of(found: Sequence[Experiment], now: datetime) -> list[ExperimentRow]:
    return [ExperimentRow(one, clockface.describe(one.clock, now) if one.clock else None) for one in found]


def _narrowed(actor: Actor, wanted: ExperimentFilter, without: str = "") -> "QuerySet[Experiment]":
    rows = visible(actor, Experiment.objects.all())
    if wanted.state and without != "state":
        rows = rows.filter(state__in=wanted.state)
    elif wanted.live:
        rows = rows.exclude(state__in=[state.value for state in FINAL])
    for name in ("outcome", "surface"):
        if (chosen := getattr(wanted, name)) and without != name:
            rows = rows.filter(**{f"{name}__in": chosen})
    if wanted.team and without != "team":
        rows = rows.filter(team__ref__in=wanted.team)
    if wanted.mine:
        me = actor.person_id
        rows = rows.filter(Q(owner=me) | Q(decider=me)) if me is not None else rows.none()
    text = wanted.text.replace("\0", "").strip()[:200]
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(key__icontains=text) | Q(hypothesis__icontains=text))
    return rows


def _sorted(rows: "QuerySet[Experiment]", sort: str, cursor: str | None) -> tuple["QuerySet[Experiment]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"Experiments aren't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
    if sort == "title":
        if cursor:
            title, pk = decode_cursor(cursor, str, int)
            rows = rows.filter(Q(title__gt=title) | Q(title=title, pk__gt=pk))
        return rows.order_by("title", "pk"), lambda row: (row.title, row.pk)
    if sort == "-created":
        if cursor:
            at, pk = decode_cursor(cursor, datetime, int)
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
        return rows.order_by("-created_at", "-pk"), lambda row: (row.created_at, row.pk)
    rows = rows.annotate(soon=Coalesce("due_at", Value(NEVER)))
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        rows = rows.filter(Q(soon__gt=at) | Q(soon=at, pk__gt=pk))
    return rows.order_by("soon", "pk"), lambda row: (row.soon, row.pk)


def facets(actor: Actor, wanted: ExperimentFilter) -> list[Facet]:
    """How many there are of each state, team and surface, each counted without its own choice."""
    states = _narrowed(actor, wanted, "state").order_by().values_list("state").annotate(n=Count("pk"))
    teams = dict(_narrowed(actor, wanted, "team").order_by().values_list("team").annotate(n=Count("pk")))
    known = Team.objects.in_bulk(list(teams))
    surfaces = _narrowed(actor, wanted, "surface").exclude(surface="").order_by().values_list("surface")
    rows = [(known[pk].ref, str(known[pk]), n) for pk, n in teams.items() if pk in known]
    return [
        facet("state", "State", [(one, STATES[State(one)], n) for one, n in states], wanted.state),
        facet("team", "Team", rows, wanted.team),
        facet("surface", "Surface", [(one, one, n) for one, n in surfaces.annotate(n=Count("pk"))], wanted.surface),
    ]


@dataclass(frozen=True, slots=True)
class Numbers:
    live: int
    running: int
    to_decide: int
    mine: int


def numbers(actor: Actor) -> Numbers:
    """Counts over the open experiments that the actor may see; one statement."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Numbers(0, 0, 0, 0)
    me = Q(turn_person=actor.person_id) if actor.person_id is not None else Q(pk__in=[])
    found = visible(actor, Experiment.objects.filter(closed_at__isnull=True)).aggregate(
        live=Count("pk"), running=Count("pk", filter=Q(state=State.RUNNING)),
        to_decide=Count("pk", filter=Q(state=State.STOPPED)), mine=Count("pk", filter=me),
    )  # fmt: skip
    return Numbers(found["live"], found["running"], found["to_decide"], found["mine"])


def learnings(
    actor: Actor, *, text: str = "", outcome: str = "", team: str = "", cursor: str | None = None, limit: int = 30
) -> Page[Experiment]:
    """Experiments that ended, the newest first, by words in title, hypothesis and what was learnt."""
    rows = visible(actor, Experiment.objects.filter(stopped_at__isnull=False))
    words = text.replace("\0", "").split()[:10]
    for word in words:
        rows = rows.filter(
            Q(title__icontains=word) | Q(hypothesis__icontains=word) | Q(learnt__icontains=word)
            | Q(surface__icontains=word) | Q(team__name__icontains=word)
        )  # fmt: skip
    if outcome:
        rows = rows.filter(outcome=outcome)
    if team:
        rows = rows.filter(team__ref=team)
    total = rows.count()
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        rows = rows.filter(Q(stopped_at__lt=at) | Q(stopped_at=at, pk__lt=pk))
    found = list(rows.select_related("team", "entry").order_by("-stopped_at", "-pk")[: limit + 1])
    return page_of(found, limit, lambda row: (row.stopped_at, row.pk), total)
