"""Every read of successions; each takes the actor first and answers with what that actor may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible_through
from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Team
from awayteam.stories import stepping
from awayteam.stories.stepping import Offer
from awayteam.succession import evidence, permissions
from awayteam.succession.candidates import coarse
from awayteam.succession.evidence import Looked
from awayteam.succession.headers import headers, recipes
from awayteam.succession.machine import TICKING, State
from awayteam.succession.models import Concerned, Evidence, Line, Succession, SuccessionStep
from awayteam.succession.permissions import visible
from awayteam.succession.plots import RELATED, SUCCESSION
from awayteam.succession.words import KIND_LABELS, STATE_WORDS, VERB_WORDS

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
SORTS = ("-created", "due", "entity")
FACETS = ("state", "kind")
LISTED = (*RELATED, "clock", "turn_person", "turn_team")


@dataclass(frozen=True, slots=True)
class SuccessionFilter:
    """Each empty part narrows nothing. `team` is a reference: giver or receiver. `live` leaves out what has ended."""

    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    team: str = ""
    entity: str = ""
    live: bool = True
    mine: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A succession as lists show it."""

    succession: Succession
    label: str
    face: ClockFace | None

    @property
    def words(self) -> str:
        return STATE_WORDS[self.succession.state]


@dataclass(frozen=True, slots=True)
class Told:
    """A succession with all that its page shows."""

    row: Row
    offers: Sequence[Offer]
    steps: Sequence[SuccessionStep]
    evidence: Sequence[Evidence]
    lines: Sequence[Line]
    concerned: Sequence[Concerned]
    ticks: Decision
    headers: Sequence[tuple[str, str]]
    recipes: Sequence[tuple[str, str]]

    @property
    def can_tick(self) -> bool:
        return bool(self.ticks) and self.row.succession.state in TICKING


def successions(
    actor: Actor, wanted: SuccessionFilter, now: datetime, *, sort: str = "-created", cursor: str | None = None,
    limit: int = 50,
) -> Page[Row]:  # fmt: skip
    """Successions that the actor may see: newest first, by the end of their clock, or by thing; two statements."""
    rows = _narrowed(actor, wanted, now)
    total = rows.count()
    rows, key = _sorted(rows, sort, cursor)
    found = list(rows.select_related(*LISTED)[: limit + 1])
    page = page_of(found, limit, key, total)
    return Page([row_of(one, now) for one in page.items], page.next_cursor, page.total)


def row_of(one: Succession, now: datetime) -> Row:
    return Row(one, SUCCESSION.label(one), clockface.describe(one.clock, now) if one.clock is not None else None)


def _narrowed(actor: Actor, wanted: SuccessionFilter, now: datetime, without: str = "") -> "QuerySet[Succession]":
    rows = visible(actor, Succession.objects.all(), now)
    if wanted.state and without != "state":
        rows = rows.filter(state__in=wanted.state)
    elif wanted.live:
        rows = rows.filter(closed_at__isnull=True)
    if wanted.kind and without != "kind":
        rows = rows.filter(kind__in=wanted.kind)
    if wanted.team:
        rows = rows.filter(Q(giver__ref=wanted.team) | Q(receiver__ref=wanted.team))
    if wanted.entity:
        rows = rows.filter(entity__ref=wanted.entity)
    if wanted.mine:
        mine = sorted(actor.teams)
        own = Q(giver__in=mine) | Q(receiver__in=mine)
        rows = rows.filter(own | Q(turn_person=actor.person_id) if actor.person_id is not None else own)
    if text := wanted.text.replace("\0", "").strip()[:200]:
        rows = rows.filter(
            Q(entity__name__icontains=text) | Q(entity__title__icontains=text) | Q(words__icontains=text)
        )
    return rows


def _sorted(rows: "QuerySet[Succession]", sort: str, cursor: str | None) -> tuple["QuerySet[Succession]", Any]:
    if sort not in SORTS:
        raise InvalidInput(f"Successions aren't sorted by {sort[:30]!r}.", f"Choose one of {', '.join(SORTS)}.")
    if sort == "entity":
        if cursor:
            name, pk = decode_cursor(cursor, str, int)
            rows = rows.filter(Q(entity__sort_name__gt=name) | Q(entity__sort_name=name, pk__gt=pk))
        return rows.order_by("entity__sort_name", "pk"), lambda row: (row.entity.sort_name, row.pk)
    if sort == "due":
        rows = rows.annotate(due=Coalesce("due_at", Value(NEVER, output_field=DateTimeField())))
        if cursor:
            at, pk = decode_cursor(cursor, datetime, int)
            rows = rows.filter(Q(due__gt=at) | Q(due=at, pk__gt=pk))
        return rows.order_by("due", "pk"), lambda row: (row.due_at or NEVER, row.pk)
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    return rows.order_by("-created_at", "-pk"), lambda row: (row.created_at, row.pk)


def facets(actor: Actor, wanted: SuccessionFilter, now: datetime) -> list[tuple[str, list[FacetValue]]]:
    """How many there are of each state and kind, each counted without its own choice; two statements."""
    made = []
    words: tuple[tuple[str, Mapping[str, str]], ...] = (("state", STATE_WORDS), ("kind", KIND_LABELS))
    for name, labels in words:
        counted = _narrowed(actor, wanted, now, name).order_by().values_list(name).annotate(n=Count("pk"))
        chosen = getattr(wanted, name)
        values = [FacetValue(value, labels[value], n, value in chosen) for value, n in counted]
        made.append((name, sorted(values, key=lambda one: (-one.count, one.label))))
    return [(name, values) for name, values in made if values]


def succession(actor: Actor, pk: int, now: datetime) -> Succession:
    """One succession. Raises `NotFound`."""
    row = visible(actor, Succession.objects.filter(pk=pk), now).select_related(*LISTED).first()
    if row is None:
        raise NotFound(f"There is no succession {pk}.", "Look at the list.")
    return row


def story(actor: Actor, pk: int, now: datetime) -> Told:
    """A succession from top to bottom. Raises `NotFound`."""
    row = succession(actor, pk, now)
    held = stepping.look(SUCCESSION, row, actor=actor, now=now)
    made = told_headers(row)
    return Told(
        row=row_of(row, now),
        offers=[one for one in stepping.offers(held) if one.verb in VERB_WORDS] if row.closed_at is None else [],
        steps=list(row.steps.select_related("person", "team").order_by("pk")),
        evidence=list(row.evidence.order_by("number")),
        lines=list(row.lines.select_related("done_by").order_by("number")),
        concerned=list(row.concerned.select_related("team").order_by("team__name")),
        ticks=held.standing.ticks(),
        headers=made,
        recipes=recipes(made) if made else (),
    )


def told_headers(row: Succession) -> Sequence[tuple[str, str]]:
    """The headers of a retirement as it stands; none before its deprecation, nor where it was called off."""
    if row.deprecated_at is None or row.state not in (State.RETIRING, State.RETIRED, State.HALTED):
        return ()
    return headers(row.deprecated_at, row.sunset_at, row.more)


@dataclass(frozen=True, slots=True)
class OfEntity:
    """What the page of a thing says: the open succession, former ones, and what this person may begin."""

    open: Row | None
    former: Sequence[Row]
    may_offer: Decision
    may_ask: bool


def of_entity(actor: Actor, entity: Entity, now: datetime, limit: int = 4) -> OfEntity | None:
    """The successions of one thing; None for what never changes hands here."""
    if entity.kind.lower() not in permissions.KINDS:
        return None
    rows = visible(actor, Succession.objects.filter(entity=entity), now).select_related(*LISTED)
    found = [row_of(one, now) for one in rows.order_by("-pk")[: limit + 1]]
    running = next((one for one in found if one.succession.closed_at is None), None)
    owner = entity.owner.team_id if entity.owner is not None else None
    asks = bool(permissions.takes_part(actor)) and bool(actor.teams - {owner})
    former = [one for one in found if one is not running][:limit]
    return OfEntity(running, former, permissions.owns(actor, entity), asks)


def of_team(actor: Actor, team: Team, now: datetime, limit: int = 6) -> Sequence[Row]:
    """Open successions of a team, the most pressing first, then what ended lately; one statement."""
    concerned = Concerned.objects.filter(team=team).order_by().values("succession")
    own = Q(giver=team) | Q(receiver=team) | Q(pk__in=concerned)
    rows = visible(actor, Succession.objects.filter(own), now).select_related(*LISTED)
    found = rows.order_by(F("closed_at").desc(nulls_first=True), "due_at", "pk")[:limit]
    return [row_of(one, now) for one in found]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may belong elsewhere: `share` of its calls come from `team`; `open` is its open succession."""

    entity: Entity
    team: Team
    share: float
    open: int | None


def candidates(actor: Actor, now: datetime, limit: int = 50) -> list[Candidate]:
    """Things of which another team is the only user, or the largest; four statements. A close look may differ."""
    found = coarse(now)
    rows = Entity.objects.filter(pk__in=[one.entity for one in found[: 20 * limit]]).filter(visible_through(actor))
    things = rows.select_related("owner").in_bulk()
    seen = [one for one in found if one.entity in things][:limit]
    teams = Team.objects.in_bulk([one.team for one in seen])
    busy = dict(
        Succession.objects.filter(entity__in=[one.entity for one in seen], closed_at=None).values_list("entity", "pk")
    )
    return [
        Candidate(things[one.entity], teams[one.team], one.share, busy.get(one.entity))
        for one in seen
        if one.team in teams
    ]


def look(actor: Actor, entity: Entity, now: datetime) -> tuple[Looked, dict[str, Any]]:  # noqa: ARG001 - as every read
    """What is known now of a thing that the actor sees, and as a document; nothing is kept."""
    looked = evidence.look(entity, now)
    return looked, evidence.document(entity, looked)
