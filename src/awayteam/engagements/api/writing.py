"""Changing engagements over HTTP: one address for each verb. Each answers with the engagement as it is then."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Path, Status

from awayteam.catalog import queries as catalog
from awayteam.contributions.models import Repository
from awayteam.contributions.permissions import visible as visible_repositories
from awayteam.engagements import actions, queries
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.api import inputs
from awayteam.engagements.api.reading import EngagementAt, detail, router
from awayteam.engagements.api.schemas import EngagementDetail
from awayteam.engagements.models import Engagement
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import guarded
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.requests import queries as requests

Where = Annotated[EngagementAt, Path()]
PEOPLE = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager")
EMPTY = {*PEOPLE, "service"}
"""Terms that an empty word takes out again."""


def terms_of(http: Http, body: inputs.EngagementTermsIn) -> dict[str, Any]:
    """The terms that were sent, with people and service looked up."""
    given = {
        name: getattr(body, name) for name in inputs.EngagementTermsIn.model_fields if name in body.model_fields_set
    }
    for name in PEOPLE:
        if given.get(name):
            word = str(given[name])
            given[name] = organisation.person(http.actor, word if ":" in word else f"user:{word}")
    if given.get("service"):
        given["service"] = catalog.resolve(http.actor, str(given["service"]))
    for name in EMPTY & given.keys():
        given[name] = given[name] or None
    return {name: value for name, value in given.items() if value is not None or name in EMPTY | {"pager_on"}}


def scope_of(http: Http, lines: Sequence[inputs.ScopeLineIn]) -> list[ScopeLine]:
    """Lines of scope; a repository that is followed under that name is linked."""
    names = {line.repository for line in lines}
    seen = visible_repositories(http.actor, Repository.objects.filter(name__in=names))
    followed = {one.name: one for one in seen}
    return [ScopeLine(one.repository, one.pattern, one.why, followed.get(one.repository)) for one in lines]


def _team(http: Http, word: str, name: str) -> Team:
    if not word:
        raise InvalidInput(f"Name the {name.replace('_', ' ')}.", "", {name: "name it"})
    return organisation.team(http.actor, word if ":" in word else f"group:{word}")


@router.post("", response={201: EngagementDetail}, operation_id="engagement_open")
def open_engagement(request: Http, body: inputs.EngagementOpenIn) -> Any:
    """Prepare a visit. Send an `Idempotency-Key`, so that a repeated call doesn't open two."""
    now, terms = timezone.now(), terms_of(request, body)
    served = requests.load(request.actor, body.request, now) if body.request is not None else None
    home = served.home_team if served is not None and not body.home_team else None
    away = served.asking_team if served is not None and not body.away_team else None
    service = terms.get("service")
    if home is None and not body.home_team and service is not None and service.owner is not None:
        home = service.owner.team
    made = actions.open_engagement(
        actor=request.actor, now=now, request=served, prefill=body.prefill,
        home_team=home or _team(request, body.home_team, "home_team"),
        away_team=away or _team(request, body.away_team, "away_team"), **terms,
    )  # fmt: skip
    return Status(201, detail(request, made.pk))


@contextmanager
def guard(http: Http, id: int) -> Iterator[tuple[Engagement, datetime]]:
    """The engagement that the actor may see, held while `If-Match` is compared and the action runs."""
    now = timezone.now()
    with transaction.atomic():
        row = queries.load(http.actor, id, now)
        with guarded(http, row, lambda: detail(http, id)):
            yield row, now


def act(http: Http, id: int, action: Callable[..., Any], body: inputs.EngagementVersioned, **more: Any) -> Any:
    with guard(http, id) as (row, now):
        action(row, actor=http.actor, now=now, version=body.version, **more)
        return detail(http, id)


def _plain(path: str, action: Callable[..., Any], shape: type[inputs.EngagementVersioned], says: str) -> None:
    """An address for a verb that takes words only."""

    def view(request: Http, at: Where, body: Any) -> Any:
        return act(request, at.id, action, body, words=body.words)

    view.__name__, view.__doc__ = f"engagement_{action.__name__}", says
    view.__annotations__["body"] = shape
    router.post(f"/{{id}}/{path}", response=EngagementDetail, operation_id=f"engagement_{action.__name__}")(view)


for _path, _action, _shape, _says in (
    ("revise", actions.revise, inputs.EngagementReasonIn, "Take a proposed text back; its signature is void."),
    ("start", actions.start, inputs.EngagementWordsIn, "Begin, on or shortly before the first day."),
    ("resume", actions.resume, inputs.EngagementWordsIn, "Go on before the day that the pause names."),
    ("hand-over", actions.hand_over, inputs.EngagementWordsIn, "Say that the work is done; the handover begins."),
    ("work-on", actions.work_on, inputs.EngagementReasonIn, "Go on working, because something is missing."),
    ("close", actions.close, inputs.EngagementReasonIn, "End the warranty early, as the home team."),
):
    _plain(_path, _action, _shape, _says)


@router.patch("/{id}", response=EngagementDetail, operation_id="engagement_write_draft")
def write_draft(request: Http, at: Where, body: inputs.EngagementDraftIn) -> Any:
    """Fill in parts of the draft. An empty reference takes somebody out again."""
    return act(request, at.id, actions.write_draft, body, **terms_of(request, body))


@router.put("/{id}/scope", response=EngagementDetail, operation_id="engagement_set_scope")
def set_scope(request: Http, at: Where, body: inputs.EngagementScopeIn) -> Any:
    """Say which paths of which repositories may be changed, in place of what the draft said."""
    return act(request, at.id, actions.set_scope, body, lines=scope_of(request, body.scope))


@router.post("/{id}/propose", response=EngagementDetail, operation_id="engagement_propose")
def propose(request: Http, at: Where, body: inputs.ProposeIn) -> Any:
    """Freeze the draft, and sign it for your side; with `sha256` only the text that you read (`preview`)."""
    return act(request, at.id, actions.propose, body, words=body.words, sha256=body.sha256 or "")


@router.post("/{id}/sign", response=EngagementDetail, operation_id="engagement_sign")
def sign(request: Http, at: Where, body: inputs.SignIn) -> Any:
    """Sign the text with this hash as the second side. 409 with the differences where another text waits."""
    return act(request, at.id, actions.sign, body, words=body.words, sha256=body.sha256)


@router.post("/{id}/decline", response=EngagementDetail, operation_id="engagement_decline")
def decline(request: Http, at: Where, body: inputs.EngagementEndIn) -> Any:
    """Don't sign, with a reason of the list and words; the engagement ends."""
    return act(request, at.id, actions.decline, body, reason=body.reason.value, words=body.words)


@router.post("/{id}/withdraw", response=EngagementDetail, operation_id="engagement_withdraw")
def withdraw(request: Http, at: Where, body: inputs.EngagementEndIn) -> Any:
    """Let the away team go, with a reason of the list and words; access ends."""
    return act(request, at.id, actions.withdraw, body, reason=body.reason.value, words=body.words)


@router.post("/{id}/pause", response=EngagementDetail, operation_id="engagement_pause")
def pause(request: Http, at: Where, body: inputs.PauseIn) -> Any:
    """Let work and access rest until a day."""
    return act(request, at.id, actions.pause, body, until=body.until, words=body.words)


@router.post("/{id}/deploy", response=EngagementDetail, operation_id="engagement_deploy")
def deploy(request: Http, at: Where, body: inputs.DeployIn) -> Any:
    """Record that it is in production; the warranty runs from then, not before the handover was accepted."""
    moment = body.at
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput("Give the time with its zone.", "2026-01-31T12:00:00Z", {"at": "without a time zone"})
    return act(request, at.id, actions.deploy, body, at=moment, words=body.words)
