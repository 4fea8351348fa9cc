"""Defects as lists and pages show them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Case, DateTimeField, Expression, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Lower

from awayteam.catalog.models import Entity
from awayteam.catalog.queries.keyset import Beyond
from awayteam.engagements.models import Engagement
from awayteam.handovers.machine import DEFECT_FINAL
from awayteam.handovers.models import Defect, DefectStep, Severity
from awayteam.handovers.permissions import visible
from awayteam.handovers.plots import DEFECT
from awayteam.handovers.queries.story import Next, next_of
from awayteam.handovers.words import DEFECT_STATE_WORDS, DEFECT_TODO_WORDS, DEFECT_TONES, DEFECT_VERB_WORDS, RULE_WORDS
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team
from awayteam.stories.stepping import look


@dataclass(frozen=True, slots=True)
class DefectStory:
    """Everything on a defect's page."""

    row: Defect
    next: Next
    steps: tuple[DefectStep, ...]

    @property
    def words(self) -> str:
        return DEFECT_STATE_WORDS[self.row.state]

    @property
    def tone(self) -> tuple[str, str]:
        return DEFECT_TONES[self.row.state]

    @property
    def rule_words(self) -> str:
        return RULE_WORDS[self.row.rule]

    @property
    def is_open(self) -> bool:
        return self.row.state not in DEFECT_FINAL


def load(actor: Actor, pk: int, now: datetime) -> Defect:
    """The defect, if the actor may see it. Raises `NotFound`."""
    related = (*DEFECT.related, "engagement__service", "clock", "turn_person", "turn_team", "reported_by", "unit")
    seen = visible(actor, Defect.objects.filter(pk=pk), now).select_related(*related).first()
    if seen is None:
        raise NotFound(f"There is no defect {pk}.", "Look at the list.")
    return seen


def defect_story(actor: Actor, pk: int, now: datetime) -> DefectStory:
    """A defect for its page. Raises `NotFound`."""
    row = load(actor, pk, now)
    held = look(DEFECT, row, actor=actor, now=now)
    steps = tuple(row.steps.select_related("person", "team").order_by("-pk")[:200])
    return DefectStory(row, next_of(held, DEFECT_TODO_WORDS, DEFECT_VERB_WORDS), steps)


NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Sort:
    """`key` beside the id, the `type` of its part in a cursor, and whether it has the largest first."""

    key: str | Expression
    type: type
    flipped: bool = False


_RANK = Case(
    *(When(severity=one.value, then=Value(rank)) for rank, one in enumerate(Severity)), output_field=IntegerField()
)
_SORTS = {
    "age": _Sort("created_at", datetime, flipped=True),
    "due": _Sort(Coalesce("due_at", Value(NEVER, output_field=DateTimeField())), datetime),
    "found": _Sort("found_at", datetime, flipped=True),
    "severity": _Sort(_RANK, int),
    "title": _Sort(Lower("title"), str),
}
SORTS = tuple(_SORTS)
"""Each also with "-" before it, for the other direction. The newest, and the worst, come first."""


def defects(
    actor: Actor, *, engagement: Engagement | None = None, service: Entity | None = None, team: Team | None = None,
    state: str = "open", sort: str = "age", now: datetime, cursor: str | None = None, limit: int = 50,
    counted: bool = True,
) -> Page[Defect]:  # fmt: skip
    """Defects that fit, sorted by one of `SORTS`; `state` is open, closed, all, or one of the machine's.

    All of them are counted with each page, unless `counted` is off.

    Raises `InvalidInput` for an unknown sort or a foreign cursor.
    """
    chosen = _SORTS.get(sort.removeprefix("-"))
    if chosen is None:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SORTS)}, with - before it to turn it round.", {"sort": what})
    rows = _fitting(visible(actor, Defect.objects.all(), now), engagement, service, team, state)
    total = rows.count() if counted else None
    descending = sort.startswith("-") != chosen.flipped
    if cursor:
        rows = rows.filter(Beyond([chosen.key, "pk"], decode_cursor(cursor, chosen.type, int), descending=descending))
    key = F(chosen.key) if isinstance(chosen.key, str) else chosen.key
    order = (key.desc(), "-pk") if descending else (key.asc(), "pk")
    found = rows.annotate(sort_key=key).order_by(*order).select_related(*SHOWN)
    return page_of(list(found[: limit + 1]), limit, lambda one: (one.sort_key, one.pk), total)  # type: ignore[attr-defined]


SHOWN = (
    *("engagement__home_team", "engagement__away_team", "engagement__service", "turn_person", "turn_team", "clock"),
    "reported_by",
)


def _fitting(
    rows: "QuerySet[Defect]", engagement: Engagement | None, service: Entity | None, team: Team | None, state: str
) -> "QuerySet[Defect]":
    if engagement is not None:
        rows = rows.filter(engagement=engagement)
    if service is not None:
        rows = rows.filter(engagement__service=service)
    if team is not None:
        rows = rows.filter(Q(engagement__home_team=team) | Q(engagement__away_team=team))
    if state in ("open", "closed"):
        return rows.filter(closed_at__isnull=state == "open")
    return rows if state == "all" else rows.filter(state=state)
