"""Environments of flags: shared rules, and tokens of applications."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from awayteam.flags import actions, queries
from awayteam.flags.models import FlagToken
from awayteam.flags.permissions import Verb, can
from awayteam.flags.rules import Reach
from awayteam.flags.views.forms import EnvironmentForm, RulesForm, TokenForm
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request


@require_safe
def index(request: Request) -> HttpResponse:
    """Where flags are asked."""
    return _index(request)


def _index(request: Request, verb: str = "", refused: PageForm | None = None, place: str = "") -> HttpResponse:
    now = timezone.now()
    may = can(request.actor, Verb.ENVIRONMENTS, None, now)
    rows = []
    for one in queries.environments(request.actor):
        mine = {verb: refused} if refused is not None and place == one.key else {}
        rows.append({
            "environment": one, "tokens": queries.tokens(request.actor, one, now),
            "token_form": mine.get("token") or TokenForm(auto_id=f"{one.key}-token-%s"),
            "rules_form": mine.get("rules") or RulesForm(one), "opened": next(iter(mine), ""),
        })  # fmt: skip
    new = refused if refused is not None and not place else EnvironmentForm(auto_id="new-%s")
    context: dict[str, Any] = {"rows": rows, "may": may, "new_form": new}
    return render(request, "flags/environments.html", context, status=422 if refused is not None else 200)


@require_POST
def create(request: Request) -> HttpResponseBase:
    form = EnvironmentForm(request.POST, auto_id="new-%s")
    if form.is_valid():
        made = form.attempt(
            lambda: actions.create_environment(actor=request.actor, now=timezone.now(), **form.cleaned_data)
        )
        if made is not None:
            return done(request, f"Flags can be defined for {made} now.", reverse("flag_environments"))
    return _index(request, "new", form)


@require_POST
def share(request: Request, environment: str) -> HttpResponseBase:
    row = queries.environment(request.actor, environment)
    form = RulesForm(row, request.POST)
    if form.is_valid():
        text, reason = form.cleaned_data["evaluators"], form.cleaned_data["reason"]
        made = form.attempt(
            lambda: actions.share_rules(row, text, actor=request.actor, now=timezone.now(), reason=reason)
        )
        if made is not None:
            return done(request, "The shared rules hold from now on.", reverse("flag_environments"))
    return _index(request, "rules", form, row.key)


@require_POST
def issue(request: Request, environment: str) -> HttpResponseBase:
    """Make a token, and show its secret this once."""
    row = queries.environment(request.actor, environment)
    form = TokenForm(request.POST, auto_id=f"{row.key}-token-%s")
    if form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.create_token(
                row, given["name"], Reach(given["reach"]), actor=request.actor, now=timezone.now()
            )
        )
        if made is not None:
            token, secret = made
            response = render(request, "flags/token.html", {"token": token, "secret": secret, "place": row})
            response["Cache-Control"] = "no-store"
            return response
    return _index(request, "token", form, row.key)


@require_POST
def revoke(request: Request, pk: int) -> HttpResponseBase:
    can(request.actor, Verb.ENVIRONMENTS, None, timezone.now()).require()
    row = FlagToken.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such token.")
    actions.revoke_token(row, actor=request.actor, now=timezone.now(), reason=request.POST.get("reason", "")[:2000])
    return done(request, "The token is revoked.", reverse("flag_environments"))
