"""Telling the gate of changes in place of a forge, and letting one in as an emergency, over HTTP."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from awayteam.gate import actions, plain, roster, served
from awayteam.gate.actions import Told
from awayteam.gate.api import schemas
from awayteam.gate.api.reading import Where, detail, router, rule_files
from awayteam.gate.api.schemas import ChangeDetail
from awayteam.gate.change import Approval, Said, Way
from awayteam.gate.models import Change
from awayteam.gate.permissions import CI, can_tell
from awayteam.gate.queries import story as stories
from awayteam.gate.roster import Organisation
from awayteam.kernel.requests import Request as Http


@router.put("/changes", response=ChangeDetail, operation_id="change_tell", by_alias=True)
def tell(request: Http, body: schemas.ChangeTellIn) -> Any:
    """Tell of a change as it is now, and have it judged: for a CI whose forge doesn't speak with Awayteam."""
    now, actor = timezone.now(), request.actor
    known = Change.objects.filter(origin=CI + body.origin, origin_key=body.key).first()
    can_tell(actor, known).require()
    served.repository_of(actor, body.repository, now)
    with transaction.atomic():
        change = actions.record(told=_told(body, known, now), now=now, actor=actor)
        if body.checks is not None:
            checks = [one.check() for one in body.checks]
            actions.record_checks(change=change, checks=checks, now=now, head=body.head)
        actions.judge(change=change, now=now, actor=actor)
    return detail(actor, change.pk)


def _told(body: schemas.ChangeTellIn, known: Change | None, now: datetime) -> Told:
    organisation = roster.current().at(now)
    at = body.at or now
    return Told(
        origin=CI + body.origin, origin_key=body.key, repository=body.repository, key=body.name, url=body.url,
        title=body.title, author=served.author_of(organisation, body.author, is_bot=body.bot),
        hands=tuple(served.hand_of(organisation, one) for one in body.hands), base_ref=body.base_ref,
        base=body.base, head=body.head, paths=tuple(map(plain.unquoted, body.paths)), stand=body.state,
        is_draft=body.draft, from_fork=body.from_fork, way=Way(body.way), is_whole=body.complete, at=at,
        opened_at=body.opened_at or (known.opened_at if known is not None else at),
        merged_by=served.author_of(organisation, body.merged_by) if body.merged_by else None,
        rule_files=rule_files(body.rule_files),
    )  # fmt: skip


@router.post("/changes/{id}/reviews", response=ChangeDetail, operation_id="change_review", by_alias=True)
def review(request: Http, at: Where, body: schemas.ChangeReviewsIn) -> Any:
    """Tell what reviewers said of a change that you told of, and have it judged."""
    now, actor = timezone.now(), request.actor
    change = stories.load(actor, at.id, now)
    can_tell(actor, change).require()
    organisation = roster.current().at(now)
    reviews = [(one.key, _approval(one, change, organisation, now)) for one in body.reviews]
    with transaction.atomic():
        actions.record_reviews(change=change, reviews=reviews, now=now, actor=actor)
        actions.judge(change=change, now=now, actor=actor)
    return detail(actor, change.pk)


def _approval(one: schemas.ChangeReviewIn, change: Change, organisation: Organisation, now: datetime) -> Approval:
    who = served.author_of(organisation, one.person)
    return Approval(who.person, who.label, Said(one.said), one.commit or change.head, one.at or now)


@router.post("/changes/{id}/emergency", response=ChangeDetail, operation_id="change_emergency", by_alias=True)
def emergency(request: Http, at: Where, body: schemas.ChangeEmergencyIn) -> Any:
    """Let a change in at this commit without the words that it lacks; it stands in the public register."""
    now, actor = timezone.now(), request.actor
    change = stories.load(actor, at.id, now)
    actions.allow_in_emergency(actor=actor, change=change, reason=body.reason, now=now, head=body.head)
    return detail(actor, change.pk)
