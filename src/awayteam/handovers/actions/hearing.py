"""What follows here when an engagement goes on: handovers lapse, deployments and pagers are noted, people look back."""

from enum import StrEnum
from typing import Any

from django.urls import reverse

from awayteam.engagements.machine import FINAL, State, Verb
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import Standing
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.handovers import pager
from awayteam.handovers.machine import OPEN, Party
from awayteam.handovers.machine import State as HandoverState
from awayteam.handovers.machine import Verb as HandoverVerb
from awayteam.handovers.models import Deployment, Handover
from awayteam.handovers.plots import HANDOVER
from awayteam.kernel.actor import SYSTEM
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.stories.plot import Held
from awayteam.stories.stepping import enter, hold

EARLY = frozenset({State.WITHDRAWN, State.EXPIRED})


def heard(visit: Held[Any], verb: StrEnum, source: str) -> None:  # noqa: ARG001 - as hooks are called
    """Called after every step of an engagement, in its transaction."""
    row: Engagement = visit.row
    state = State(row.state)
    if state is not State.HANDING_OVER:
        _lapse(visit)
    if state is State.WARRANTY and verb in (Verb.DEPLOY, Verb.EXPIRE):
        _note_production(visit, verb)
    if verb in (Verb.ACCEPT, Verb.AMEND) and state in pager.CARRIED:
        pager.plan(row, now=visit.now)
    if verb is Verb.ACCEPT or (state in EARLY and state in FINAL and row.began_at is not None):
        _ask_to_look_back(visit)


def _lapse(visit: Held[Any]) -> None:
    """An open handover of an engagement that isn't handing over any more."""
    left = Handover.objects.filter(engagement=visit.row.pk, state__in=[state.value for state in OPEN])
    for pk in left.values_list("pk", flat=True):
        one = hold(HANDOVER, pk, actor=SYSTEM, now=visit.now)
        one.party = Party.AWAYTEAM
        said = visit.row.state.replace("-", " ")
        enter(one, HandoverVerb.LAPSE, HandoverState.LAPSED, words=f"The engagement is {said} now.")


def _note_production(visit: Held[Any], verb: StrEnum) -> None:
    """A warranty that began without a recorded deployment: by the verb alone, or because the clock ran out."""
    row: Engagement = visit.row
    if row.deployments.filter(production=True).exists():
        return
    source = Deployment.Source.CLOCK if verb is Verb.EXPIRE else Deployment.Source.HAND
    Deployment.objects.create(
        engagement=row, at=row.production_at or visit.now, environment="production", production=True, source=source,
        recorded_by_id=visit.actor.person_id, label=visit.actor.label[:200], recorded_at=visit.now,
    )  # fmt: skip


def _ask_to_look_back(visit: Held[Any]) -> None:
    """Ask those who took part on both sides for the five answers."""
    row: Engagement = visit.row
    standing = Standing(SYSTEM, row, visit.now)
    named = {row.home_decider_id, row.home_contact_id, row.home_deputy_id, row.manager_id}
    persons = standing.visitors | {one for one in named if one is not None}
    tell(
        now=visit.now, subject=visit.subject, event="retrospective.asked",
        text=f"What did you learn from “{ENGAGEMENT.label(row)}”? Five questions.",
        address=reverse("looking_back", args=[row.pk]), persons=sorted(persons), group=Group.TURN, actor=None,
        key=f"look-back-{row.pk}",
    )  # fmt: skip
