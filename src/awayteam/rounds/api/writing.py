"""Changing rounds over HTTP: one address for each verb. Each answers with the round as it is then."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from ninja import Status

from awayteam.engagements.permissions import visible
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import guarded
from awayteam.organisation import queries as organisation
from awayteam.rounds import actions, queries
from awayteam.rounds.api import schemas
from awayteam.rounds.api.reading import Where, detail, hours_detail, router
from awayteam.rounds.api.schemas import HoursOut, RoundDetail, RoundReportDetail
from awayteam.rounds.models import Booking
from awayteam.rounds.queries.hours import engagement_of
from awayteam.rounds.queries.story import by_number


def _act(http: Http, id: int, action: Callable[..., Any], body: schemas.RoundVersioned, **more: Any) -> RoundDetail:
    now = timezone.now()
    with transaction.atomic():
        row = queries.load(http.actor, id, now)
        with guarded(http, row, lambda: detail(http, id)):
            action(row, actor=http.actor, now=now, version=body.version, **more)
            return detail(http, id)


def _points(body: schemas.RoundPointsIn | schemas.RoundAdviceIn) -> list[Any]:
    return [one.point() for one in body.points]


@router.post("/engagements/{id}/rounds", response={201: RoundDetail}, operation_id="round_open")
def open_round(request: Http, at: Where, body: schemas.RoundOpenIn) -> Any:
    """Show a design or a change for review. Send an `Idempotency-Key`, so that a repeated call doesn't open two."""
    now = timezone.now()
    visit = engagement_of(request.actor, at.id, now)
    made = actions.open_round(visit, actor=request.actor, now=now, **body.model_dump())
    return Status(201, detail(request, made.pk))


@router.post("/rounds/{id}/approve", response=RoundDetail, operation_id="round_approve")
def approve(request: Http, at: Where, body: schemas.RoundAnswerIn) -> Any:
    """Let it pass."""
    return _act(request, at.id, actions.approve, body, words=body.words, minutes=body.minutes)


@router.post("/rounds/{id}/request-changes", response=RoundDetail, operation_id="round_request_changes")
def request_changes(request: Http, at: Where, body: schemas.RoundPointsIn) -> Any:
    """Ask for changes; each change cites what was frozen, or is refused with what is missing."""
    more = {"points": _points(body), "words": body.words, "minutes": body.minutes}
    return _act(request, at.id, actions.request_changes, body, **more)


@router.post("/rounds/{id}/demand", response=RoundDetail, operation_id="round_demand")
def demand(request: Http, at: Where, body: schemas.RoundPointsIn) -> Any:
    """Demand one thing beyond the frozen standards; a bar raiser rules."""
    more = {"points": _points(body), "words": body.words, "minutes": body.minutes}
    return _act(request, at.id, actions.demand, body, **more)


@router.post("/rounds/{id}/advise", response=RoundDetail, operation_id="round_advise")
def advise(request: Http, at: Where, body: schemas.RoundAdviceIn) -> Any:
    """Give advice, which doesn't block."""
    return _act(request, at.id, actions.advise, body, points=_points(body))


@router.post("/rounds/{id}/grant", response=RoundDetail, operation_id="round_grant")
def grant(request: Http, at: Where, body: schemas.RoundGrantIn) -> Any:
    """Rule that a demand is owed; the time-box grows."""
    return _act(request, at.id, actions.grant, body, words=body.words, days=body.days)


@router.post("/rounds/{id}/refuse", response=RoundDetail, operation_id="round_refuse")
def refuse(request: Http, at: Where, body: schemas.RoundWordsIn) -> Any:
    """Rule that a demand isn't owed; it becomes advice."""
    return _act(request, at.id, actions.refuse, body, words=body.words)


@router.post("/rounds/{id}/resubmit", response=RoundDetail, operation_id="round_resubmit")
def resubmit(request: Http, at: Where, body: schemas.RoundResubmitIn) -> Any:
    """Show it again with the points answered."""
    return _act(request, at.id, actions.resubmit, body, words=body.words, url=body.url, commit=body.commit)


@router.post("/rounds/{id}/withdraw", response=RoundDetail, operation_id="round_withdraw")
def withdraw(request: Http, at: Where, body: schemas.RoundWordsIn) -> Any:
    """Take it back."""
    return _act(request, at.id, actions.withdraw, body, words=body.words)


@router.post("/engagements/{id}/hours", response={201: HoursOut}, operation_id="hours_book")
def book(request: Http, at: Where, body: schemas.HoursBookIn) -> Any:
    """Book time that somebody of the home side gave."""
    now = timezone.now()
    visit = engagement_of(request.actor, at.id, now)
    word = body.person
    person = organisation.person(request.actor, word if ":" in word else f"user:{word}") if word else None
    round = by_number(request.actor, visit.pk, body.round, now) if body.round is not None else None
    actions.book(
        visit,
        actor=request.actor,
        now=now,
        minutes=body.minutes,
        what=body.what,
        on=body.on,
        person=person,
        round=round,
    )
    return Status(201, hours_detail(request, visit.pk))


@router.post("/hours/{id}/cancel", response=HoursOut, operation_id="hours_cancel")
def cancel(request: Http, at: Where, body: schemas.HoursCancelIn) -> Any:
    """Take back what was booked wrongly."""
    row = Booking.objects.filter(pk=at.id).select_related("engagement").first()
    if row is None or not visible(request.actor, type(row.engagement).objects.filter(pk=row.engagement_id)).exists():
        raise NotFound(f"There is no booking {at.id}.", "Look at the hours of the engagement.")
    actions.cancel(row, actor=request.actor, now=timezone.now(), why=body.why)
    return hours_detail(request, row.engagement_id)


@router.post("/engagements/{id}/reports", response={201: RoundReportDetail}, operation_id="report_make")
def make_report(request: Http, at: Where, body: schemas.RoundReportIn) -> Any:
    """Write a report of the last days and send it to both managers."""
    now = timezone.now()
    made = actions.make_report(engagement_of(request.actor, at.id, now), actor=request.actor, now=now, days=body.days)
    return Status(201, schemas.report_detail(made))
