"""Reading a whole text and signing exactly that: the first contract by either side, and each amendment."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from awayteam.engagements import actions, contracts, queries, turns
from awayteam.engagements.contracts import ContractText
from awayteam.engagements.forms.sign import AmendForm, DeclineForm, SignForm, TakeBackForm
from awayteam.engagements.machine import ContractState, State
from awayteam.engagements.models import Engagement, Side
from awayteam.engagements.permissions import OTHER, Standing
from awayteam.engagements.queries import ContractRow, contracts_of
from awayteam.engagements.queries.story import draft_gaps
from awayteam.engagements.served import ended
from awayteam.engagements.views.contract import reading
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.permissions import Decision
from awayteam.kernel.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: Request, pk: int) -> HttpResponseBase:
    """The text that waits for a signature, or that the draft would become; who may not sign sees why."""
    now = timezone.now()
    row = queries.load(request.actor, pk, now)
    standing = Standing(request.actor, row, now)
    if request.method == "POST":
        return _post(request, row, standing, now)
    return _page(request, row, standing, now)


def _post(request: Request, row: Engagement, standing: Standing, now: datetime) -> HttpResponseBase:
    waiting = _waiting(row)
    kinds: dict[str, type[PageForm]] = {"decline": DeclineForm, "withdraw": TakeBackForm}
    what = request.POST.get("do", "sign")
    form = kinds.get(what, SignForm)(request.POST)
    if form.is_valid():
        try:
            told = form.attempt(lambda: _act(request, row, waiting, what, form.cleaned_data, now))
        except Conflict as conflict:
            return _page(
                request, queries.load(request.actor, row.pk, now), standing, now, conflict=conflict, status=409
            )
        if told is not None:
            return done(request, told, reverse("engagement", args=[row.pk]))
    return _page(request, row, standing, now, refused={what: form}, status=422)


def _act(
    request: Request, row: Engagement, waiting: ContractRow | None, what: str, given: dict[str, Any], now: datetime
) -> str:
    """Do it, and what is told. Raises what the action raises."""
    actor, first = request.actor, row.contract_id is None
    if waiting is None:
        actions.propose(row.pk, actor=actor, now=now, **given)
        return "You signed and proposed it; the other side signs next."
    acts: dict[tuple[str, bool], Callable[[], Any]] = {
        ("sign", True): lambda: actions.sign(row.pk, actor=actor, now=now, **given),
        ("decline", True): lambda: actions.decline(row.pk, actor=actor, now=now, **given),
        ("withdraw", True): lambda: actions.revise(row.pk, actor=actor, now=now, **given),
        ("sign", False): lambda: actions.sign_amendment(waiting.id, actor=actor, now=now, **given),
        ("decline", False): lambda: actions.decline_amendment(waiting.id, actor=actor, now=now, **given),
        ("withdraw", False): lambda: actions.withdraw_amendment(waiting.id, actor=actor, now=now, **given),
    }
    acts.get((what, first), acts["sign", first])()
    told = {"decline": "You declined it.", "withdraw": "It is taken back."}
    return told.get(what, "You signed it; it is in force.")


def _waiting(row: Engagement) -> ContractRow | None:
    """The text that waits for its second signature."""
    return next((one for one in contracts_of(row) if one.state == ContractState.SIGNING), None)


def _page(
    request: Request, row: Engagement, standing: Standing, now: datetime, *, conflict: Conflict | None = None,
    refused: dict[str, PageForm] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {"it": row, "conflict": conflict, "contract": None, "gaps": [], "heading": "Sign"}
    context["request_ended"] = ended(row)
    rows = contracts_of(row)
    waiting = next((one for one in rows if one.state == ContractState.SIGNING), None)
    forms = refused or {}
    if waiting is not None:
        context |= reading(row, rows, waiting.number) | _signing(waiting, standing, forms)
    elif row.state == State.PREPARING:
        context |= _proposing(row, rows, standing, forms, now)
    return render(request, "engagements/sign.html", context, status)


def _signing(waiting: ContractRow, standing: Standing, forms: dict[str, PageForm]) -> dict[str, Any]:
    """A text that one side signed: the other side signs or declines, the first may take it back."""
    side = OTHER[waiting.proposed_side]
    decision = standing.signs(side)
    may_withdraw = standing.signs(waiting.proposed_side)
    if may_withdraw and not decision:
        decision = Decision(False, f"Your side has signed; {standing.team(side)} signs next.", "signed")
    return {
        "heading": "Read and sign",
        "button": f"Sign for {standing.team(side)}",
        "decision": decision,
        "form": forms.get("sign") or SignForm(initial={"sha256": waiting.sha256}),
        "decline_form": (forms.get("decline") or DeclineForm(auto_id="decline_%s")) if decision else None,
        "withdraw_form": (forms.get("withdraw") or TakeBackForm(auto_id="back_%s")) if may_withdraw else None,
    }


def _proposing(
    row: Engagement, rows: list[ContractRow], standing: Standing, forms: dict[str, PageForm], now: datetime
) -> dict[str, Any]:
    """A draft as the text that it would be; what it lacks where it can't be one yet."""
    try:
        text, sha256 = actions.preview(row, now)
    except InvalidInput:
        return {"gaps": draft_gaps(row, now, standards=True)}
    drafted = _drafted(row, text, sha256, now)
    side = Side.AWAY if standing.signs(Side.AWAY) else Side.HOME
    decision = standing.signs(Side.AWAY) or standing.signs(Side.HOME)
    if not decision and standing.side(standing.actor.person_id) == Side.AWAY:
        decision = standing.signs(Side.AWAY)
    return reading(row, [drafted, *rows], drafted.number) | {
        "heading": "Read, sign and propose",
        "button": f"Sign for {standing.team(side)} and propose it",
        "decision": decision,
        "form": forms.get("sign") or SignForm(initial={"sha256": sha256}),
        "decline_form": None,
        "withdraw_form": None,
    }


def _drafted(row: Engagement, text: ContractText, sha256: str, now: datetime) -> ContractRow:
    """The draft as a text that nobody has signed yet."""
    return ContractRow(
        id=0, number=text.number, state=ContractState.SIGNING.value, sha256=sha256, text=contracts.canonical(text),
        why="", proposed_side="", proposed_by=None, created_at=now, in_force_at=None, version=row.version, amends=False,
        signatures=[],
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: Request, pk: int) -> HttpResponseBase:
    """Propose another text for the contract in force, with why; it carries one's own signature."""
    now = timezone.now()
    row = queries.load(request.actor, pk, now)
    standing = Standing(request.actor, row, now)
    form = AmendForm(request.POST if request.method == "POST" else None, row=row, standing=standing)
    conflict, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = form.attempt(
                    lambda: actions.amend(
                        row.pk, actor=request.actor, now=now, why=given["why"], scope=form.scope(),
                        version=given["version"], **form.changes(),
                    )
                )  # fmt: skip
            except Conflict as found:
                conflict, made, status = found, None, 409
            if made is not None:
                told = "You signed the amendment; the other side signs next."
                return done(request, told, reverse("engagement", args=[pk]))
    may = standing.signs(Side.AWAY) or standing.signs(Side.HOME)
    context = {"it": row, "form": form, "conflict": conflict, "decision": may, "today": turns.today(row.away_team, now)}
    return render(request, "engagements/amend.html", context, status)
