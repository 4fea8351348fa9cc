"""Asking: one box first, then what is needed and what it is worth. Works step by step without JavaScript."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from awayteam.catalog.models import Entity
from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.pages import done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.queries import team as team_of
from awayteam.requests import actions
from awayteam.requests.forms.ask import AskForm, Target, entity_of, target_of
from awayteam.requests.models import Kind
from awayteam.requests.similar import Similar, similar
from awayteam.requests.turns import calendar_of
from awayteam.requests.views.finding import Candidate, chosen, find
from awayteam.requests.words import KIND_WORDS

PREFILLED = ("title", "need", "kind", "operation", "path", "value_per_week", "grounds")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long a home team has for a decision, in words."""

    kind: str
    time: str


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request) -> HttpResponseBase:
    """The form. The button "find" looks for who owns what was pasted, and keeps everything that was typed."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, _begun(request), now, _text(request), 200)
    form = AskForm(request.POST, actor=request.actor, initial={"can_send_away": "yes"})
    if "find" in request.POST:
        return _page(request, _unjudged(request), now, request.POST.get("pasted", ""), 200)
    target = _target(form) if form.is_valid() else None
    if target is not None:
        made = form.attempt(
            lambda: actions.ask(
                actor=request.actor, now=now, home_team=target.team, aim=form.aim(target), **form.values()
            )
        )
        if made is not None:
            return done(request, f"{target.team} is asked; its clock runs.", reverse("request", args=[made.pk]))
    return _page(request, form, now, request.POST.get("pasted", ""), 422)


def _target(form: AskForm) -> Target | None:
    """Where it goes, with the reasons; an error in the form where that isn't said."""
    given = form.cleaned_data
    try:
        target = target_of(form.actor, given["target"], given["home"])
    except forms.ValidationError as error:
        form.add_error("home", error)
        return None
    if target is None:
        form.add_error("home", "Choose one of those found, or name the team that you ask.")
        return None
    if given["home"] is not None:
        return Target(target.team, target.entity, ("Named by whoever asked.",))
    found = (one for one in find(form.actor, given["pasted"], timezone.now()) if one.key == given["target"])
    reasons = [str(why)[:500] for one in found for why in one.reasons]
    return Target(target.team, target.entity, tuple(reasons) or ("Asked from its page.",))


def _text(request: Request) -> str:
    """What the address brings along: words to look for."""
    return request.GET.get("q", "")[:20_000]


def _begun(request: Request) -> AskForm:
    """An empty form, or one that begins with what the page said from which somebody comes."""
    initial: dict[str, Any] = {"can_send_away": "yes", "kind": Kind.FEATURE.value, "pasted": _text(request)}
    initial |= {name: request.GET[name][:5_000] for name in PREFILLED if request.GET.get(name)}
    entity = entity_of(request.actor, request.GET.get("entity", "")[:300])
    if entity is not None:
        initial["target"] = f"e:{entity.pk}"
    if request.GET.get("team"):
        try:
            initial["home"] = team_of(request.actor, request.GET["team"][:300]).ref
        except AwayteamError:
            initial["home"] = request.GET["team"][:300]
    return AskForm(initial=initial, actor=request.actor)


def _unjudged(request: Request) -> AskForm:
    """The same words in a form that doesn't complain yet."""
    initial = {name: values[-1] for name, values in request.POST.lists() if values}
    return AskForm(initial=initial, actor=request.actor)


def _page(request: Request, form: AskForm, now: datetime, text: str, status: int) -> HttpResponse:
    target = str(form["target"].value() or "")
    context = {
        "form": form,
        "candidates": _candidates(request, text, target, now),
        "looked": bool(text.strip()),
        "chosen": target,
        "waiting": _waiting(request, target),
        "similar": _similar(request, form),
        "compared": bool(form["title"].value()),
        "unit": rulebook.current().requests.value_unit,
    }
    return render(request, "requests/ask.html", context, status)


def _similar(request: Request, form: AskForm) -> list[Similar]:
    """Requests like what was typed, for those who have no JavaScript."""
    title, need = str(form["title"].value() or ""), str(form["need"].value() or "")
    return similar(request.actor, title=title[:300], need=need[:10_000]) if title.strip() else []


def _candidates(request: Request, text: str, target: str, now: datetime) -> list[Candidate]:
    """Those found, and first the one that is chosen already where it isn't among them."""
    found = find(request.actor, text, now)
    if target and all(one.key != target for one in found):
        kept = _kept(request, target)
        found = [kept, *found] if kept else found
    return found


def _kept(request: Request, target: str) -> Candidate | None:
    try:
        known = target_of(request.actor, target, None)
    except forms.ValidationError:
        entity = Entity.objects.filter(pk=int(target[2:])).first()
        return chosen(entity, None, "No team owns this: name the team that you ask.") if entity else None
    return chosen(known.entity, known.team, "You come from its page.") if known else None


def _waiting(request: Request, target: str) -> list[Waiting]:
    """How long the rulebook gives for each kind, in days of the home team where that is known."""
    book = rulebook.current().requests
    minutes = {
        Kind.FEATURE: book.decide_feature_minutes,
        Kind.BUG: book.decide_bug_minutes,
        Kind.PERFORMANCE: book.decide_performance_minutes,
        Kind.ACCESS: book.decide_access_minutes,
    }
    per_day = 480
    try:
        known = target_of(request.actor, target, None)
        per_day = calendar_of(known.team).minutes_per_day if known else per_day
    except forms.ValidationError:
        pass
    return [Waiting(KIND_WORDS[kind], businesstime.spoken(some, per_day)) for kind, some in minutes.items()]


@require_POST
def candidates(request: Request) -> HttpResponseBase:
    """The part of the page that says who owns what was pasted, for those who have JavaScript."""
    text, chosen = request.POST.get("pasted", "")[:262_144], request.POST.get("target", "")[:30]
    found = find(request.actor, text, timezone.now())
    context = {"candidates": found, "looked": bool(text.strip()), "chosen": chosen}
    return render(request, "requests/candidates.html", context)
