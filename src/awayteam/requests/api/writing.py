"""Changing requests over HTTP: one address for each verb. Each answers with the request as it is then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Path, Status

from awayteam.catalog import queries as catalog
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import guarded
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person, Team
from awayteam.requests import actions, queries
from awayteam.requests.actions import Aim, Change, Origin, Plan, Worth
from awayteam.requests.api import schemas
from awayteam.requests.api.reading import At, detail, router
from awayteam.requests.api.schemas import RequestDetail
from awayteam.requests.models import Request
from awayteam.roadmaps.models import Goal

Where = Annotated[At, Path()]


def team_of(http: Http, word: str) -> Team:
    """The team that a word names: "orders", "group:default/orders"."""
    return organisation.team(http.actor, word if ":" in word else f"group:{word}")


def person_of(http: Http, word: str) -> Person:
    return organisation.person(http.actor, word if ":" in word else f"user:{word}")


def worth_of(body: schemas.WorthIn) -> Worth:
    goal = Goal.objects.filter(pk=body.goal).first() if body.goal is not None else None
    if body.goal is not None and goal is None:
        raise InvalidInput(f"There is no goal {body.goal}.", "", {"goal": "unknown"})
    return Worth(body.value_per_week, body.grounds, body.customer_value, goal, body.wanted_by)


@router.post("", response={201: RequestDetail}, operation_id="request_ask")
def ask(request: Http, body: schemas.AskIn) -> Any:
    """Ask a team for something. Send an `Idempotency-Key`, so that a repeated call doesn't ask twice."""
    entity = catalog.resolve(request.actor, body.entity) if body.entity else None
    home = team_of(request, body.home_team) if body.home_team else None
    if home is None and entity is not None and entity.owner is not None:
        home = entity.owner.team
    if home is None:
        what = "name the team that is asked, or a service with an owner"
        raise InvalidInput("Nobody is asked.", "Look up who owns it with POST /api/v1/route.", {"home_team": what})
    made = actions.ask(
        actor=request.actor,
        now=timezone.now(),
        kind=body.kind,
        title=body.title,
        need=body.need,
        asking_team=team_of(request, body.asking_team),
        home_team=home,
        worth=worth_of(body.worth),
        aim=Aim(entity, body.operation, body.path, body.pasted),
        can_send_away=body.can_send_away,
        away_impossible=body.away_impossible,
        origin=Origin(body.external_key or None, body.external_url),
    )
    return Status(201, detail(request, made.pk))


@contextmanager
def _guarded(http: Http, id: int) -> Iterator[tuple[Request, datetime]]:
    """The request that the actor may see, held while `If-Match` is compared and the action runs."""
    now = timezone.now()
    with transaction.atomic():
        row = queries.load(http.actor, id, now)
        with guarded(http, row, lambda: detail(http, id)):
            yield row, now


def _act(
    http: Http, id: int, action: Callable[..., Any], body: schemas.RequestVersioned | None = None, **more: Any
) -> Any:
    with _guarded(http, id) as (row, now):
        if body is not None:
            more["version"] = body.version
        action(row, actor=http.actor, now=now, **more)
        return detail(http, id)


def _plain(
    path: str, action: Callable[..., Any], shape: type[schemas.WordsIn] | type[schemas.RequestReasonIn], says: str
) -> None:
    """An address for a verb that takes words only."""

    def view(request: Http, at: Where, body: Any) -> Any:
        return _act(request, at.id, action, body, words=body.words)

    view.__name__, view.__doc__ = action.__name__, says
    view.__annotations__["body"] = shape
    router.post(f"/{{id}}/{path}", response=RequestDetail, operation_id=f"request_{action.__name__}")(view)


for _path, _action, _shape, _says in (
    ("welcome", actions.welcome, schemas.WordsIn, "Say that an away team may come."),
    ("ask-back", actions.ask_back, schemas.RequestReasonIn, "Ask for more information; the clock is the asker's then."),
    ("answer", actions.answer, schemas.RequestReasonIn, "Give the information that was asked for."),
    ("take-over", actions.take_over, schemas.WordsIn, "Take a request that was moved to your team."),
    ("send-back", actions.send_back, schemas.RequestReasonIn, "Say that it isn't your team's either."),
    ("wait", actions.wait, schemas.WordsIn, "Ask the home team again."),
    ("stop-away", actions.stop_away, schemas.RequestReasonIn, "Say that the away team can't do it."),
    ("finish-away", actions.finish_away, schemas.WordsIn, "Say that the away team has done it."),
    ("give-up", actions.give_up, schemas.RequestReasonIn, "Take a promise back."),
    ("deliver", actions.deliver, schemas.WordsIn, "Say that it is done."),
    ("confirm", actions.confirm, schemas.WordsIn, "Say that it is what was asked for."),
    ("dispute", actions.dispute, schemas.RequestReasonIn, "Say that it isn't what was asked for."),
):
    _plain(_path, _action, _shape, _says)


@router.patch("/{id}", response=RequestDetail, operation_id="request_revise")
def revise(request: Http, at: Where, body: schemas.ReviseIn) -> Any:
    """Change what is asked, or what it is worth to your team."""
    return _act(
        request, at.id, actions.revise, body,
        title=body.title, need=body.need, can_send_away=body.can_send_away, away_impossible=body.away_impossible,
        team=team_of(request, body.team) if body.team else None,
        worth=worth_of(body.worth) if body.worth else None, reason=body.reason,
    )  # fmt: skip


@router.post("/{id}/join", response=RequestDetail, operation_id="request_join")
def join(request: Http, at: Where, body: schemas.JoinIn) -> Any:
    """Ask for the same in the name of another team: its value is added."""
    with _guarded(request, at.id) as (row, now):
        team, worth = team_of(request, body.team), worth_of(body)
        actions.join(row, actor=request.actor, now=now, team=team, worth=worth, version=body.version)
        return detail(request, at.id)


@router.post("/{id}/withdraw", response=RequestDetail, operation_id="request_withdraw")
def withdraw(request: Http, at: Where, body: schemas.LeaveIn) -> Any:
    """Need it no more; where others ask too, they go on."""
    team = team_of(request, body.team) if body.team else None
    return _act(request, at.id, actions.withdraw, body, words=body.words, team=team)


@router.post("/{id}/accept", response=RequestDetail, operation_id="request_accept")
def accept(request: Http, at: Where, body: schemas.PlanIn) -> Any:
    """Take it on: it gets a rank on the roadmap and a range of dates."""
    return _act(request, at.id, actions.accept, body, plan=_plan(body), words=body.words)


def _plan(body: schemas.PlanIn | schemas.RequestReshuffleIn) -> Plan:
    return Plan((body.low, body.likely, body.high), body.rank, body.promised)


@router.post("/{id}/decline", response=RequestDetail, operation_id="request_decline")
def decline(request: Http, at: Where, body: schemas.DeclineIn) -> Any:
    """Say no, with a reason of the list and words."""
    more = {"reason": body.reason.value, "words": body.words, "refuse_away": body.refuse_away}
    return _act(request, at.id, actions.decline, body, **more)


@router.post("/{id}/postpone", response=RequestDetail, operation_id="request_postpone")
def postpone(request: Http, at: Where, body: schemas.UntilIn) -> Any:
    """Promise a later day."""
    return _act(request, at.id, actions.postpone, body, until=body.until, words=body.words)


@router.post("/{id}/move", response=RequestDetail, operation_id="request_move")
def move(request: Http, at: Where, body: schemas.MoveIn) -> Any:
    """Offer it to the team where it belongs."""
    return _act(request, at.id, actions.move, body, to=team_of(request, body.to), words=body.words)


@router.post("/{id}/assign", response=RequestDetail, operation_id="request_assign")
def assign(request: Http, at: Where, body: schemas.AssignIn) -> Any:
    """Say as the manager of both which team answers."""
    more = {"to": team_of(request, body.to), "words": body.words, "minutes_spent": body.minutes_spent}
    return _act(request, at.id, actions.assign, body, **more)


@router.post("/{id}/reassign", response=RequestDetail, operation_id="request_reassign")
def reassign(request: Http, at: Where, body: schemas.ReassignIn) -> Any:
    """Give the turn to somebody else of your team who may decide."""
    person = person_of(request, body.person)
    return _act(request, at.id, actions.reassign, body, person=person, words=body.words)


@router.post("/{id}/send-away", response=RequestDetail, operation_id="request_send_away")
def send_away(request: Http, at: Where, body: schemas.SendAwayIn) -> Any:
    """Send an away team."""
    return _act(request, at.id, actions.send_away, body, until=body.until, words=body.words)


@router.post("/{id}/duplicate", response=RequestDetail, operation_id="request_duplicate")
def duplicate(request: Http, at: Where, body: schemas.DuplicateIn) -> Any:
    """Build your own; it is registered with a day to look at it again."""
    team = team_of(request, body.team) if body.team else None
    more = {"what": body.what, "words": body.words, "look_again_on": body.look_again_on, "team": team}
    return _act(request, at.id, actions.duplicate, body, **more)


@router.post("/{id}/merge", response=RequestDetail, operation_id="request_merge")
def merge(request: Http, at: Where, body: schemas.MergeIn) -> Any:
    """Merge it into an equal request; answers with this one, whose `merged_into` leads on."""
    return _act(request, at.id, actions.merge, body, into=body.into, words=body.words)


@router.post("/{id}/escalate", response=RequestDetail, operation_id="request_escalate")
def escalate(request: Http, at: Where, body: schemas.EscalateIn) -> Any:
    """Let the manager above both teams decide; the brief is made by itself."""
    return _act(request, at.id, actions.escalate, body, words=body.words, effort=body.effort)


@router.post("/{id}/reshuffle", response=RequestDetail, operation_id="request_reshuffle")
def reshuffle(request: Http, at: Where, body: schemas.RequestReshuffleIn) -> Any:
    """Decide an escalation: it gets a rank, and what it displaces is recorded."""
    changes = [Change(one.item, one.rank) for one in body.changes]
    more = {"plan": _plan(body), "changes": changes, "words": body.words, "minutes_spent": body.minutes_spent}
    return _act(request, at.id, actions.reshuffle, body, **more)


@router.post("/{id}/rule-away", response=RequestDetail, operation_id="request_rule_away")
def rule_away(request: Http, at: Where, body: schemas.RuleIn) -> Any:
    """Decide an escalation: an away team may come."""
    return _act(request, at.id, actions.rule_away, body, words=body.words, minutes_spent=body.minutes_spent)


@router.post("/{id}/uphold", response=RequestDetail, operation_id="request_uphold")
def uphold(request: Http, at: Where, body: schemas.RuleIn) -> Any:
    """Decide an escalation: the home team needn't do it."""
    return _act(request, at.id, actions.uphold, body, words=body.words, minutes_spent=body.minutes_spent)


@router.post("/{id}/management-time", response=RequestDetail, operation_id="request_add_management_time")
def add_management_time(request: Http, at: Where, body: schemas.TimeIn) -> Any:
    """Count minutes that you, or another manager, spent on it."""
    person = person_of(request, body.person) if body.person else None
    return _act(request, at.id, actions.add_management_time, minutes=body.minutes, person=person)
