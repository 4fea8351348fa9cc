"""Routing and likeness over HTTP."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from awayteam.catalog import queries as catalog
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Text, Word
from awayteam.kernel.rest.auth import SIGNED_IN_TO_READ
from awayteam.organisation import queries as organisation
from awayteam.requests.routing.match import Candidate, route
from awayteam.requests.routing.parse import MAX_CHARACTERS, Finding
from awayteam.requests.similar import similar

router = Router(tags=["requests"])
MOST_FINDINGS = 200


class RouteIn(Body):
    """Whatever somebody has: a stack trace, a log line, an address, a path, an operation, a name."""

    text: Annotated[str, Field(min_length=1, max_length=4 * MAX_CHARACTERS)]
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class NamedOut(Schema):
    ref: str
    label: str


class ReasonOut(Schema):
    """`line` counts from 1 in the text; `weight` is 0 to 1."""

    text: str
    line: int
    evidence: str
    weight: float


class CandidateOut(Schema):
    """`team` is null where nobody is known to own it; `entity` where only paths speak for the team."""

    score: float
    team: NamedOut | None
    entity: NamedOut | None
    decider: NamedOut | None
    reasons: list[ReasonOut]
    more_reasons: int


class RoutingFindingOut(Schema):
    """`foreign`: a frame of a standard or third-party library."""

    kind: str
    value: str
    line: int
    weight: float
    foreign: bool


class RoutingOut(Schema):
    """`cut`: only the beginning of the text was read."""

    candidates: list[CandidateOut]
    findings: list[RoutingFindingOut]
    unmatched: list[RoutingFindingOut]
    lines: int
    cut: bool


def _named(thing: Any) -> NamedOut | None:
    return NamedOut(ref=thing.ref, label=str(thing)) if thing is not None else None


def candidate_of(one: Candidate) -> CandidateOut:
    """A candidate as the interface shows it."""
    reasons = [ReasonOut(text=r.text, line=r.line, evidence=r.evidence, weight=r.weight) for r in one.reasons]
    return CandidateOut(
        score=one.score, team=_named(one.team), entity=_named(one.entity), decider=_named(one.decider), reasons=reasons,
        more_reasons=one.more,
    )  # fmt: skip


def _finding(one: Finding) -> RoutingFindingOut:
    return RoutingFindingOut(
        kind=one.kind.value, value=one.value, line=one.line, weight=round(one.weight, 3), foreign=one.foreign
    )


@router.post("/route", response=RoutingOut, auth=SIGNED_IN_TO_READ)
def route_text(request: Request, body: RouteIn) -> Any:
    """Which teams own what a text is about, the likeliest first, with the lines that say so. Changes nothing."""
    found = route(request.actor, body.text, now=timezone.now(), limit=body.limit)
    return RoutingOut(
        candidates=[candidate_of(one) for one in found.candidates],
        findings=[_finding(one) for one in found.findings[:MOST_FINDINGS]],
        unmatched=[_finding(one) for one in found.unmatched],
        lines=found.lines,
        cut=found.cut,
    )


class SimilarIn(Body):
    """What is asked for; `team` and `entity` (references) count what goes to the same place a little more."""

    title: Annotated[Word, Field(min_length=1)]
    need: Text = ""
    team: Word = ""
    entity: Word = ""
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class SimilarOut(Schema):
    """`why` are the words that both have."""

    id: int
    title: str
    state: str
    home_team: str
    value_per_week: float
    score: float
    why: str


@router.post("/similar-requests", response=list[SimilarOut], auth=SIGNED_IN_TO_READ)
def similar_requests(request: Request, body: SimilarIn) -> Any:
    """Open requests that ask for much the same, the most alike first. Changes nothing."""
    team = organisation.team(request.actor, body.team) if body.team else None
    entity = catalog.resolve(request.actor, body.entity) if body.entity else None
    found = similar(
        request.actor, title=body.title, need=body.need, home_team_id=team.pk if team else None,
        entity_id=entity.pk if entity else None, limit=body.limit,
    )  # fmt: skip
    return [
        SimilarOut(
            id=one.request.pk, title=one.request.title, state=one.request.state, home_team=one.request.home_team.ref,
            value_per_week=float(one.request.value_per_week), score=round(one.score, 3), why=one.why,
        )
        for one in found
    ]  # fmt: skip
