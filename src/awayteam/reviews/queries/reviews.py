"""Reviews: lists, and everything that the page of one shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.reviews.actions.checking import fields, questions
from awayteam.reviews.actions.delivering import words_for
from awayteam.reviews.machine import LIVE, MACHINE, State
from awayteam.reviews.models import Condition, Opinion, RegisterEntry, Review, ReviewStep
from awayteam.reviews.permissions import can_meet, visible
from awayteam.reviews.plots import REVIEW
from awayteam.reviews.queries.faceting import Facet, facet
from awayteam.stories.stepping import Offer, look, offers

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""For what has ended: after all that is open."""
SORTS = ("due", "-created", "title")
STATE_WORDS = {
    State.UNASSIGNED: "nobody is free", State.ASSIGNED: "under review", State.DELIVERED: "to be decided",
    State.FOLLOWED: "followed", State.OVERRIDDEN: "overridden", State.WITHDRAWN: "withdrawn",
}  # fmt: skip
RELATED = ("team", "requester", "decider", "bar_raiser", "entity", "turn_person", "clock", "opinion", "entry")


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Each empty part narrows nothing; teams are references of involved teams. `live` leaves out what has ended.

    `mine`: those that the actor reviews, asked for or decides.
    """

    state: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    live: bool = True
    mine: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review as lists show it."""

    review: Review
    face: ClockFace | None
    title_of_field: str

    @property
    def words(self) -> str:
        return STATE_WORDS[State(self.review.state)]

    @property
    def opinion(self) -> Opinion | None:
        return getattr(self.review, "opinion", None)

    @property
    def recommendation(self) -> str:
        """In words; "" before it is delivered."""
        return words_for(self.opinion.recommendation) if self.opinion else ""


def reviews(
    actor: Actor, wanted: ReviewFilter, *, now: datetime, sort: str = "due", cursor: str | None = None,
    limit: int = 50,
) -> Page[ReviewRow]:  # fmt: skip
    """Reviews that the actor may see: by the end of the clock, the newest first, or by title; two statements."""
    rows = _narrowed(actor, wanted)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor)
    page = page_of(list(rows.select_related(*RELATED)[: limit + 1]), limit, key, total)
    return Page(rows_of(page.items, now), page.next_cursor, page.total)


def rows_of(found: Sequence[Review], now: datetime) -> list[ReviewRow]:
    titles = fields()
    return [
        ReviewRow(one, clockface.describe(one.clock, now) if one.clock else None, titles.get(one.field, one.field))
        for one in found
    ]


def _narrowed(actor: Actor, wanted: ReviewFilter, without: str = "") -> "QuerySet[Review]":
    rows = visible(actor, Review.objects.all())
    if wanted.state and without != "state":
        rows = rows.filter(state__in=wanted.state)
    elif wanted.live:
        rows = rows.filter(state__in=[state.value for state in LIVE])
    if wanted.field and without != "field":
        rows = rows.filter(field__in=wanted.field)
    if wanted.team and without != "team":
        rows = rows.filter(pk__in=Review.objects.filter(teams__ref__in=wanted.team).values("pk"))
    if wanted.mine:
        me = actor.person_id
        rows = rows.filter(Q(bar_raiser=me) | Q(requester=me) | Q(decider=me)) if me is not None else rows.none()
    text = wanted.text.replace("\0", "").strip()[:200]
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(question__icontains=text) | Q(subject_label__icontains=text))
    return rows


def _sorted(rows: "QuerySet[Review]", sort: str, cursor: str | None) -> tuple["QuerySet[Review]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"Reviews aren't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
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


def facets(actor: Actor, wanted: ReviewFilter) -> list[Facet]:
    """How many there are of each state, field and team, each counted without its own choice; four statements."""
    states = _narrowed(actor, wanted, "state").order_by().values_list("state").annotate(n=Count("pk"))
    titles = fields()
    named = _narrowed(actor, wanted, "field").order_by().values_list("field").annotate(n=Count("pk"))
    chosen = _narrowed(actor, wanted, "team").order_by().values("pk")
    numbers = dict(
        Review.teams.through.objects.filter(review__in=chosen).values_list("team").annotate(n=Count("review"))
    )
    teams = Team.objects.in_bulk(list(numbers))
    rows = [(teams[pk].ref, str(teams[pk]), n) for pk, n in numbers.items() if pk in teams]
    return [
        facet("state", "State", [(one, STATE_WORDS[State(one)], n) for one, n in states], wanted.state),
        facet("field", "Field", [(one, titles.get(one, one), n) for one, n in named], wanted.field),
        facet("team", "Involved team", rows, wanted.team),
    ]


def review(actor: Actor, pk: int) -> Review:
    """One review. Raises `NotFound`."""
    row = visible(actor, Review.objects.filter(pk=pk)).select_related(*RELATED).first()
    if row is None:
        raise NotFound("There is no such review.", "See the list of reviews.")
    return row


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the page of a review shows; `draft` is None for everybody but the bar raiser."""

    row: ReviewRow
    teams: tuple[Team, ...]
    opinion: Opinion | None
    conditions: tuple[Condition, ...]
    steps: tuple[ReviewStep, ...]
    entry: RegisterEntry | None
    offers: tuple[Offer, ...]
    may_meet: Decision
    questions: tuple[str, ...]
    draft: dict[str, Any] | None
    then: str
    others: tuple[Review, ...]


def story(actor: Actor, pk: int, now: datetime) -> Story:
    """A review with its document, conditions, reasons of assignment, and what the actor may do. Raises `NotFound`."""
    found = review(actor, pk)
    waiting = MACHINE.waiting.get(State(found.state))
    own = actor.person_id is not None and actor.person_id == found.bar_raiser_id
    steps = found.steps.select_related("person").order_by("id")
    same = of_subject(actor, found.subject_kind, found.subject_id) if found.subject_id is not None else []
    opinion = getattr(found, "opinion", None)
    return Story(
        row=rows_of([found], now)[0], teams=tuple(found.teams.order_by("name")), opinion=opinion,
        conditions=tuple(found.conditions.select_related("met_by")) if opinion else (),
        steps=tuple(steps), entry=getattr(found, "entry", None),
        offers=tuple(offers(look(REVIEW, found, actor=actor, now=now))), may_meet=can_meet(actor, found),
        questions=questions(found.field), draft=dict(found.draft) if own else None,
        then=waiting.then if waiting else "", others=tuple(one for one in same if one.pk != found.pk),
    )  # fmt: skip


def of_subject(actor: Actor, kind: str, pk: int, *, limit: int = 20) -> list[Review]:
    """The reviews of one subject, the newest first; one statement. For panels of upper apps."""
    rows = visible(actor, Review.objects.filter(subject_kind=kind, subject_id=pk))
    return list(rows.select_related("decider", "bar_raiser", "opinion", "clock").order_by("-pk")[:limit])


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the organisation stands; each number is that of a list."""

    live: int
    unassigned: int
    to_decide: int
    mine: int


def numbers(actor: Actor) -> Numbers:
    """Counts over the open reviews that the actor may see; one statement."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Numbers(0, 0, 0, 0)
    me = Q(turn_person=actor.person_id) if actor.person_id is not None else Q(pk__in=[])
    found = visible(actor, Review.objects.filter(closed_at__isnull=True)).aggregate(
        live=Count("pk"), unassigned=Count("pk", filter=Q(state=State.UNASSIGNED)),
        to_decide=Count("pk", filter=Q(state=State.DELIVERED)), mine=Count("pk", filter=me),
    )  # fmt: skip
    return Numbers(found["live"], found["unassigned"], found["to_decide"], found["mine"])
