"""Access by engagements over HTTP: one question, answered with its reason."""

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.engagements import asking
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import Moment, Word
from awayteam.organisation import queries as organisation

access = Router(tags=["access"])
MOST = 200
"""Paths of one question; a program that asks more loads the engagements itself."""


class AccessQuery(Schema):
    person: Annotated[str, Field(min_length=1, max_length=300, description="a reference, or the name of a person")]
    path: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=4_000)]],
        Field(min_length=1, max_length=MOST, description="paths in the repository; may be repeated"),
    ]
    repository: Word = Field("", description="its name as it is followed, or its address; any where not said")
    at: Moment | None = Field(None, description="the moment asked about; now where not said")
    explain: bool = Field(False, description="say for the first path what each engagement lacks")


class AccessAnswerOut(Schema):
    """`until`: when it ends, by itself; null for what isn't allowed."""

    path: str
    allowed: bool
    reason: str
    engagement: int | None
    until: datetime | None


class AccessFindingOut(Schema):
    rule: str
    holds: bool
    says: str


class AccessExplanationOut(Schema):
    engagement: int
    title: str
    allowed: bool
    findings: list[AccessFindingOut]


class AccessOut(Schema):
    person: str
    at: datetime
    repository: str | None
    answers: list[AccessAnswerOut]
    explanations: list[AccessExplanationOut]


def answer_of(person: str, at: datetime, repository: str | None, paths: list[str], found: asking.Answers) -> AccessOut:
    """The shape of an answer, for the interface and the command alike."""
    answers = [
        AccessAnswerOut(path=path, allowed=one.allowed, reason=one.reason, engagement=one.engagement, until=one.until)
        for path, one in zip(paths, found.access, strict=True)
    ]
    explanations = [
        AccessExplanationOut(
            engagement=one.engagement, title=one.title, allowed=one.allowed,
            findings=[AccessFindingOut(rule=each.rule, holds=each.holds, says=each.says) for each in one.findings],
        )
        for one in found.explanations
    ]  # fmt: skip
    return AccessOut(person=person, at=at, repository=repository, answers=answers, explanations=explanations)


@access.get("", response=AccessOut, operation_id="access_may")
def may(request: Http, query: Annotated[AccessQuery, Query()]) -> Any:
    """Whether somebody may change paths at a moment by the engagements that they are on the list of, and until when."""
    person = organisation.person(request.actor, query.person if ":" in query.person else f"user:{query.person}")
    at, repository = query.at or timezone.now(), query.repository or None
    found = asking.ask(request.actor, person, query.path, at, repository=repository, explain=query.explain)
    return answer_of(person.ref, at, repository, query.path, found)
