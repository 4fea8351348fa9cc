"""Asking the gate, and reading changes, over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router

from awayteam.gate import plain, served, supposing, words
from awayteam.gate.api import schemas
from awayteam.gate.api.schemas import ChangeAt, ChangeDetail, ChangeOut, ExplainQuery, GateAnswerOut
from awayteam.gate.change import Way
from awayteam.gate.homes import homes_of
from awayteam.gate.models import Change, Judgement, Stand
from awayteam.gate.permissions import can_pass
from awayteam.gate.queries import pages
from awayteam.gate.queries import story as stories
from awayteam.gate.queries.narrowing import ChangeFilter
from awayteam.gate.question import Question, of_row
from awayteam.gate.roster import Organisation
from awayteam.gate.served import Asked
from awayteam.gate.supposing import Kind, Supposition
from awayteam.gate.verdict import Verdict
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import PageOf, page_of
from awayteam.kernel.rest.auth import SIGNED_IN_TO_READ

router = Router(tags=["gate"])
HISTORY = 50
Where = Annotated[ChangeAt, Path()]


@router.post("/gate", response=GateAnswerOut, operation_id="gate_ask", by_alias=True, auth=SIGNED_IN_TO_READ)
def ask(request: Http, body: schemas.GateIn) -> Any:
    """May this change go in now, and whose word does it lack? Nothing is recorded."""
    now = timezone.now()
    asked = Asked(
        body.repository, body.base, body.head, body.author, is_bot=body.bot, hands=tuple(body.hands), url=body.url,
        paths=None if body.paths is None else tuple(map(plain.unquoted, body.paths)),
        approvals=tuple(one.word() for one in body.approvals), checks=tuple(one.check() for one in body.checks),
        way=Way(body.way), rule_files=rule_files(body.rule_files),
    )  # fmt: skip
    return answer(request.actor, served.ask(request.actor, asked, now), body.suppose, now)


def rule_files(given: dict[str, str] | None) -> dict[str, bytes] | None:
    """Rule files as bytes; a path that isn't text is quoted as everywhere."""
    return None if given is None else {plain.unquoted(path): text.encode() for path, text in given.items()}


def answer(actor: Actor, question: Question, suppose: list[str], now: datetime) -> dict[str, Any]:
    """The verdict about a question, as this actor may read it."""
    known = supposed(question.facts.organisation, suppose)
    verdict = stories.fit_for(actor, question.answer(now, known), now)
    return told(verdict, suppose, question.facts.organisation)


def told(verdict: Verdict, suppose: list[str], organisation: Organisation) -> dict[str, Any]:
    names = organisation.label
    return {
        "verdict": plain.as_json(verdict), "title": words.title(verdict, names=names),
        "text": words.text(verdict, True, names=names), "suppose": suppose,
    }  # fmt: skip


def supposed(organisation: Organisation, texts: list[str]) -> list[Supposition]:
    """Suppositions with people by reference. Raises `InvalidInput`."""
    found = []
    for text in texts:
        try:
            one = supposing.parse(text)
        except ValueError as error:
            raise InvalidInput(f"{error}.", "See docs/gate.md.", {"suppose": str(error)}) from None
        if one.kind is Kind.APPROVED:
            person = served.person_of(organisation, one.what)
            if not person:
                raise InvalidInput(f"Nobody is called {one.what[:60]!r}.", fields={"suppose": "names nobody"})
            one = Supposition(Kind.APPROVED, person)
        found.append(one)
    return found


@router.get("/changes", response=PageOf[ChangeOut], operation_id="change_list")
def list_changes(request: Http, query: Annotated[schemas.ChangesQuery, Query()]) -> Any:
    """Changes that the gate was told of, the newest first unless sorted otherwise."""
    wanted = ChangeFilter(
        state=query.state, outcome=tuple(query.outcome), repository=tuple(query.repository), home=tuple(query.home),
        by=tuple(query.by), team=tuple(query.team), engagement=query.engagement, mine=query.mine, text=query.q,
    )  # fmt: skip
    page = pages.list_changes(
        request.actor, wanted, now=timezone.now(), sort=query.sort, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [schemas.change_of(row) for row in page.items])


@router.get("/changes/{id}", response=ChangeDetail, operation_id="change_show", by_alias=True)
def show_change(request: Http, at: Where) -> Any:
    """One change with its last verdict, reviews, and every verdict that came out differently."""
    return detail(request.actor, at.id)


def detail(actor: Actor, pk: int) -> dict[str, Any]:
    """A change as GET shows it."""
    now = timezone.now()
    change = stories.load(actor, pk, now)
    verdict = stories.verdict_of(change)
    shown = stories.fit_for(actor, verdict, now) if verdict is not None else None
    return {
        **schemas.change_of(pages.rows_of([change], now)[0]),
        "paths": change.paths,
        "hands": schemas.hands_of(change),
        "checks": change.checks,
        "reviews": [schemas.review_of(one) for one in change.reviews.select_related("person")],
        "verdict": plain.as_json(shown) if shown is not None else None,
        "history": [
            schemas.judgement_of(one)
            for one in Judgement.objects.filter(change=change).defer("verdict").order_by("-pk")[:HISTORY]
        ],
        "passages": [schemas.passage_of(one) for one in change.passages.order_by("-pk")],
        "may_pass": _may_pass(actor, change, verdict, now),
    }


def _may_pass(actor: Actor, change: Change, verdict: Verdict | None, now: datetime) -> bool:
    if change.state != Stand.OPEN or verdict is None or verdict.is_allowed:
        return False
    question = of_row(change, now)
    return bool(can_pass(actor, change, homes_of(question, question.answer(now))))


@router.get("/changes/{id}/explain", response=GateAnswerOut, operation_id="change_explain", by_alias=True)
def explain(request: Http, at: Where, query: Annotated[ExplainQuery, Query()]) -> Any:
    """The verdict as it is now, or as it would be; nothing is recorded."""
    now = timezone.now()
    change = stories.load(request.actor, at.id, now)
    return answer(request.actor, of_row(change, now), query.suppose, now)
