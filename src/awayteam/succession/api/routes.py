"""Successions over HTTP: each route is one action or query."""

from collections.abc import Callable
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.catalog import queries as catalog
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.succession import actions, queries
from awayteam.succession.api.schemas import (
    HeadersOut,
    RetireIn,
    SuccessionCandidateOut,
    SuccessionDecideIn,
    SuccessionMaybeIn,
    SuccessionOut,
    SuccessionProposeIn,
    SuccessionQuery,
    SuccessionToldOut,
    SuccessionTransferIn,
    SuccessionWordsIn,
    story,
    values,
)

router = Router(tags=["succession"])


@router.get("", response=PageOf[SuccessionOut])
def list_successions(request: Request, query: Annotated[SuccessionQuery, Query()]) -> Any:
    """Changes of owner and retirements."""
    page = queries.successions(
        request.actor, query.wanted(), timezone.now(), sort=query.sort, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [SuccessionOut(**values(row)) for row in page.items])


@router.get("/candidates", response=list[SuccessionCandidateOut])
def list_succession_candidates(request: Request) -> Any:
    """Things that another team uses alone, or most; a close look may differ."""
    return [
        SuccessionCandidateOut(
            entity=row.entity.ref, owner=row.entity.owner.ref if row.entity.owner else None, team=row.team.ref,
            share=round(row.share, 4), succession=row.open,
        )
        for row in queries.candidates(request.actor, timezone.now())
    ]  # fmt: skip


@router.get("/look", response=dict[str, Any])
def look_at_succession_evidence(request: Request, entity: str) -> Any:
    """What is known now of the use and changes of a thing; nothing is kept."""
    thing = catalog.resolve(request.actor, entity[:300])
    return queries.look(request.actor, thing, timezone.now())[1]


@router.post("/offer", response={201: SuccessionToldOut})
def offer_succession(request: Request, body: SuccessionTransferIn) -> Any:
    """Offer what one's team owns to another one."""
    thing, team = catalog.resolve(request.actor, body.entity), organisation.team(request.actor, body.team)
    made = actions.offer(thing, actor=request.actor, now=timezone.now(), receiver=team, words=body.words)
    return Status(201, story(request.actor, made.pk))


@router.post("/ask", response={201: SuccessionToldOut})
def ask_for_succession(request: Request, body: SuccessionTransferIn) -> Any:
    """Ask, for a team of one's own, to own something."""
    thing, team = catalog.resolve(request.actor, body.entity), organisation.team(request.actor, body.team)
    made = actions.ask(thing, actor=request.actor, now=timezone.now(), team=team, words=body.words)
    return Status(201, story(request.actor, made.pk))


@router.post("/order", response={201: SuccessionToldOut})
def order_succession(request: Request, body: SuccessionTransferIn) -> Any:
    """Have something change hands between two teams that one manages."""
    thing, team = catalog.resolve(request.actor, body.entity), organisation.team(request.actor, body.team)
    made = actions.order(thing, actor=request.actor, now=timezone.now(), receiver=team, words=body.words)
    return Status(201, story(request.actor, made.pk))


@router.post("/propose", response={201: SuccessionToldOut})
def propose_succession(request: Request, body: SuccessionProposeIn) -> Any:
    """Propose a change of owner on evidence; 422 names every doubt where it isn't enough."""
    thing = catalog.resolve(request.actor, body.entity)
    made = actions.propose(thing, actor=request.actor, now=timezone.now(), words=body.words)
    return Status(201, story(request.actor, made.pk))


@router.post("/retire", response={201: SuccessionToldOut})
def retire_thing(request: Request, body: RetireIn) -> Any:
    """Give notice that something ends on a day."""
    thing = catalog.resolve(request.actor, body.entity)
    made = actions.retire(
        thing, actor=request.actor, now=timezone.now(), sunset_on=body.sunset_on, words=body.words, more=body.more
    )
    return Status(201, story(request.actor, made.pk))


@router.get("/{id}", response=SuccessionToldOut)
def show_succession(request: Request, id: Id) -> Any:
    """One succession with its evidence, its checklist, its story, and what the caller may do."""
    return story(request.actor, id)


@router.get("/{id}/headers", response=HeadersOut)
def show_succession_headers(request: Request, id: Id) -> Any:
    """The headers Deprecation and Sunset, for what is deprecated."""
    told = queries.story(request.actor, id, timezone.now())
    row = told.row.succession
    if not told.headers or row.deprecated_at is None:
        raise NotFound("It isn't deprecated now, so there are no headers to send.", "See its state.")
    return HeadersOut(
        deprecated_at=row.deprecated_at, sunset_at=row.sunset_at, headers=list(told.headers), recipes=dict(told.recipes)
    )


def _do(request: Request, id: int, action: Callable[..., Any], **given: Any) -> SuccessionToldOut:
    row = queries.succession(request.actor, id, timezone.now())
    with guarded(request, row, lambda: story(request.actor, id)):
        action(id, actor=request.actor, now=timezone.now(), **given)
    return story(request.actor, id)


@router.post("/{id}/confirm", response=SuccessionToldOut)
def confirm_succession(request: Request, id: Id, body: SuccessionMaybeIn) -> Any:
    """The evidence is right; both teams are given notice."""
    return _do(request, id, actions.confirm, words=body.words)


@router.post("/{id}/dismiss", response=SuccessionToldOut)
def dismiss_succession(request: Request, id: Id, body: SuccessionWordsIn) -> Any:
    """The evidence misleads."""
    return _do(request, id, actions.dismiss, words=body.words)


@router.post("/{id}/accept", response=SuccessionToldOut)
def accept_succession(request: Request, id: Id, body: SuccessionMaybeIn) -> Any:
    """Agree to the handover, or take it over once the checklist is done."""
    return _do(request, id, actions.accept, words=body.words)


@router.post("/{id}/refuse", response=SuccessionToldOut)
def refuse_succession(request: Request, id: Id, body: SuccessionWordsIn) -> Any:
    """Not with us; the manager above both decides."""
    return _do(request, id, actions.refuse, words=body.words)


@router.post("/{id}/object", response=SuccessionToldOut)
def object_to_succession(request: Request, id: Id, body: SuccessionWordsIn) -> Any:
    """A side, or a team that uses it, is against it."""
    return _do(request, id, actions.object_to, words=body.words)


@router.post("/{id}/decide", response=SuccessionToldOut)
def decide_succession(request: Request, id: Id, body: SuccessionDecideIn) -> Any:
    """The manager above both says what becomes of it."""
    return _do(request, id, actions.decide, choice=body.choice, words=body.words)


@router.post("/{id}/go-on", response=SuccessionToldOut)
def go_on_with_succession(request: Request, id: Id, body: SuccessionWordsIn) -> Any:
    """What was seen doesn't matter; the clock goes on."""
    return _do(request, id, actions.go_on, words=body.words)


@router.post("/{id}/withdraw", response=SuccessionToldOut)
def withdraw_succession(request: Request, id: Id, body: SuccessionWordsIn) -> Any:
    """Call it off; its owner stays."""
    return _do(request, id, actions.withdraw, words=body.words)


@router.post("/{id}/lines/{number}/tick", response=SuccessionToldOut)
def tick_succession_line(request: Request, id: Id, number: Id, body: SuccessionMaybeIn) -> Any:
    """Say that one's side has this."""
    return _do(request, id, lambda pk, **given: actions.tick(pk, number, **given), words=body.words)


@router.post("/{id}/lines/{number}/untick", response=SuccessionToldOut)
def untick_succession_line(request: Request, id: Id, number: Id) -> Any:
    """Take a tick back."""
    return _do(request, id, lambda pk, **given: actions.untick(pk, number, **given))
