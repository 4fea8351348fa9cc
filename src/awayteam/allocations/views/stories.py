"""Asking for an allocation, its page with its buttons, and a finding of growth with its answers."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.allocations import actions, queries, words
from awayteam.allocations.forms import FORMS, AnswerForm, AskForm, period_from
from awayteam.allocations.machine import GrowthVerb, Verb
from awayteam.allocations.models import Growth
from awayteam.allocations.permissions import takes_part
from awayteam.allocations.plots import ALLOCATION, GROWTH, today
from awayteam.allocations.queries import AllocationStory, GrowthStory
from awayteam.allocations.rules import Per, suggested
from awayteam.discussions.queries import box
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team

DEEDS: dict[str, Callable[..., Any]] = {
    Verb.DECLINE.value: actions.decline,
    Verb.GRANT.value: actions.grant,
    Verb.WITHDRAW.value: actions.withdraw,
}
SAID = {
    Verb.DECLINE.value: "It is declined; they were told why.",
    Verb.GRANT.value: "It is granted; they were told.",
    Verb.WITHDRAW.value: "It is withdrawn.",
}
ANSWERS: dict[str, Callable[..., Any]] = {GrowthVerb.PLAN.value: actions.plan, GrowthVerb.FIX.value: actions.fix}


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request) -> HttpResponseBase:
    """Ask for an allocation (`?of=` the provider, `?for=` the consumer, `?renews=` a grant, `?growth=` a finding)."""
    now = timezone.now()
    teams = _teams(request)
    form = AskForm(request.POST or None, actor=request.actor, teams=teams, initial=_begun(request, now))
    if request.method == "POST" and form.is_valid():
        growth = form.cleaned_data["growth"]
        made = form.attempt(lambda: actions.ask(form.wanted(), actor=request.actor, now=now, growth=growth))
        if made is not None:
            return done(request, "It is asked; somebody has the turn.", reverse("allocation", args=[made.pk]))
    context = {"form": form, "teams": teams, "allowed": takes_part(request.actor)}
    return render(request, "allocations/new.html", context, 422 if form.is_bound else 200)


def _teams(request: Request) -> list[Team]:
    """The teams in whose name this person may ask; administrators for all."""
    rows = Team.objects.filter(is_unit=False, dissolved_at__isnull=True)
    if not request.actor.is_administrator:
        rows = rows.filter(pk__in=request.actor.teams | request.actor.manages)
    return list(rows.order_by("name"))


def _begun(request: Request, now: Any) -> dict[str, Any]:
    """What the form begins with."""
    begun: dict[str, Any] = {"provider": request.GET.get("of", "")[:300], "consumer": request.GET.get("for", "")[:30]}
    begun |= {"per": Per.DAY.value, **period_from(now.date())}
    number = _number(request, "renews")
    if number:
        row = queries.allocation(request.actor, number, now)
        begun |= {"provider": row.provider.ref, "rate": row.granted or row.rate, "per": row.per, "why": row.why}
        begun["consumer"] = f"e:{row.consumer_id}" if row.consumer_id else f"t:{row.team_id}"
        if row.last_day is not None and row.last_day >= today(row.asking_team, now):
            days = (row.ends - row.starts).days + 1
            period = actions.renewal_of(row, days)
            begun |= {"starts": period.starts, "ends": period.ends}
    number = _number(request, "growth")
    if number:
        found = queries.growth(request.actor, number, now)
        begun |= {"growth": found.pk, "provider": found.provider.ref, "rate": suggested(found.level, Per.DAY)}
        begun["consumer"] = f"e:{found.consumer_id}" if found.consumer_id else ""
    return begun


def _number(request: Request, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


@require_safe
def allocation(request: Request, pk: int) -> HttpResponse:
    """An allocation from top to bottom."""
    return _allocation(request, queries.allocation_story(request.actor, pk, timezone.now()))


def _allocation(
    request: Request, story: AllocationStory, *, refused: PageForm | None = None, verb: str = ""
) -> HttpResponse:
    row = story.row
    forms = {one.verb: _form(one.verb, row) for one in story.next.can_do}
    if refused is not None:
        forms[verb] = refused
    context = {
        "story": story, "row": row, "forms": forms, "opened": verb or request.GET.get("do", ""),
        "main_verb": Verb.GRANT.value, "step_words": words.STEP_WORDS, "calls": words.calls,
        **box(request, ALLOCATION.subject(row), address=ALLOCATION.address(row)),
    }  # fmt: skip
    return render(request, "allocations/allocation.html", context, 422 if refused is not None else 200)


def _form(verb: str, row: Any, data: Any = None) -> PageForm:
    made: PageForm = FORMS[verb](data, row=row, initial={"version": row.version}, auto_id=f"{verb}_%s")
    return made


@require_POST
def allocation_verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One of the buttons of an allocation."""
    if verb not in DEEDS:
        raise NotFound(f"Nobody can {verb[:30]!r} an allocation.", "What can be done stands on its page.")
    now = timezone.now()
    story = queries.allocation_story(request.actor, pk, now)
    form = _form(verb, story.row, request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        if form.attempt(lambda: DEEDS[verb](pk, actor=request.actor, now=now, **given)) is not None:
            return done(request, SAID[verb], reverse("allocation", args=[pk]))
    return _allocation(request, story, refused=form, verb=verb)


@require_safe
def growth(request: Request, pk: int) -> HttpResponse:
    """A finding of growth from top to bottom."""
    return _growth(request, queries.growth_story(request.actor, pk, timezone.now()))


def _growth(request: Request, story: GrowthStory, *, refused: PageForm | None = None, verb: str = "") -> HttpResponse:
    row = story.row
    forms = {one.verb: _answer(one.verb, row) for one in story.next.can_do}
    if refused is not None:
        forms[verb] = refused
    context = {
        "story": story, "row": row, "forms": forms, "opened": verb or request.GET.get("do", ""), "main_verb": "",
        "step_words": words.STEP_WORDS, "calls": words.calls,
        "points": [(f"{one.day:%-d %b}", round(one.used)) for one in story.points],
        **box(request, GROWTH.subject(row), address=GROWTH.address(row)),
    }  # fmt: skip
    return render(request, "allocations/growth.html", context, 422 if refused is not None else 200)


def _answer(verb: str, row: Growth, data: Any = None) -> PageForm:
    return AnswerForm(data, row=row, verb=verb, initial={"version": row.version}, auto_id=f"{verb}_%s")


@require_POST
def growth_verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """An answer to growth."""
    if verb not in ANSWERS:
        raise NotFound(f"Nobody can {verb[:30]!r} growth.", "What can be answered stands on its page.")
    now = timezone.now()
    story = queries.growth_story(request.actor, pk, now)
    form = _answer(verb, story.row, request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        if form.attempt(lambda: ANSWERS[verb](pk, actor=request.actor, now=now, **given)) is not None:
            return done(request, "Your answer is noted; both teams see it.", reverse("growth", args=[pk]))
    return _growth(request, story, refused=form, verb=verb)
