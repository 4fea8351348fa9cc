"""Defects as lists and pages show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from awayteam.catalog.models import Entity
from awayteam.engagements.models import Engagement
from awayteam.handovers.machine import DEFECT_FINAL
from awayteam.handovers.models import Defect, DefectStep
from awayteam.handovers.permissions import visible
from awayteam.handovers.plots import DEFECT
from awayteam.handovers.queries.story import Next, next_of
from awayteam.handovers.words import DEFECT_STATE_WORDS, DEFECT_TODO_WORDS, DEFECT_TONES, DEFECT_VERB_WORDS, RULE_WORDS
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
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
    related = (*DEFECT.related, "clock", "turn_person", "turn_team", "reported_by", "unit")
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


def defects(
    actor: Actor, *, engagement: Engagement | None = None, service: Entity | None = None, team: Team | None = None,
    state: str = "open", now: datetime, cursor: str | None = None, limit: int = 50,
) -> Page[Defect]:  # fmt: skip
    """Defects that fit, the newest first; `state` is open, closed, all, or one of the machine's."""
    rows = visible(actor, Defect.objects.all(), now)
    if engagement is not None:
        rows = rows.filter(engagement=engagement)
    if service is not None:
        rows = rows.filter(engagement__service=service)
    if team is not None:
        rows = rows.filter(Q(engagement__home_team=team) | Q(engagement__away_team=team))
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    elif state != "all":
        rows = rows.filter(state=state)
    total = rows.count()
    if cursor:
        rows = rows.filter(pk__lt=int(decode_cursor(cursor, int)[0]))
    related = rows.select_related("engagement__home_team", "engagement__away_team", "turn_person", "turn_team", "clock")
    return page_of(list(related.order_by("-pk")[: limit + 1]), limit, lambda one: (one.pk,), total)
