"""Pages of rounds, hours and reports."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions.queries import box
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.pages import ReasonForm, done, render
from awayteam.kernel.requests import Request
from awayteam.rounds import actions, queries
from awayteam.rounds.actions.hours import today
from awayteam.rounds.actions.opening import terms_of
from awayteam.rounds.actions.reporting import can_report
from awayteam.rounds.forms import ADVISE, FORMS, BookForm, OpenForm, VerbForm, form_for
from awayteam.rounds.permissions import Sides
from awayteam.rounds.plots import ROUND
from awayteam.rounds.queries import RoundFilter, Story
from awayteam.rounds.queries.hours import engagement_of
from awayteam.rounds.rules import way
from awayteam.rounds.words import VERB_WORDS

FIRST = ("approve", "resubmit", "grant", "refuse", "request-changes")
"""Verbs whose button is the first and strongest where they are possible."""
APART = ("request-changes",)
"""Verbs with a form too large to open in place."""
PAGE = 50


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    """One round: what happens next, its remarks beside the standards that they cite, and what happened."""
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, pk, now), now)
    forms = {one.verb: form_for(one.verb, found) for one in found.can_do if one.verb not in APART}
    if found.may_advise:
        forms[ADVISE] = form_for(ADVISE, found)
    context = {
        "story": found, "round": found.round, "row": found.row, "forms": forms, "opened": request.GET.get("do", ""),
        "apart": APART, "main_verb": next((one.verb for verb in FIRST for one in found.can_do if one.verb == verb), ""),
        **box(request, ROUND.subject(found.round), address=ROUND.address(found.round)),
    }  # fmt: skip
    return render(request, "rounds/story.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One verb on a page of its own. A refusal keeps what was typed; a round that changed meanwhile says so (409)."""
    if verb not in FORMS:
        raise NotFound(f"Nobody can {verb[:30]!r} a round.", "What can be done stands on its page.")
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, pk, now), now)
    why_not = _why_not(found, verb)
    if request.method != "POST":
        form = None if why_not else form_for(verb, found, points=request.GET.get("points", ""))
        return _page(request, found, verb, form, why_not)
    form = form_for(verb, found, request.POST)
    if form.is_valid():
        try:
            if form.attempt(lambda: form.run(request.actor, now)) is not None:
                return done(request, f"Done: {_words(verb).lower()}.", reverse("round", args=[pk]))
        except Conflict as conflict:
            return _changed(request, pk, verb, conflict)
    return _page(request, found, verb, form, why_not, 422)


def _words(verb: str) -> str:
    return "Give advice" if verb == ADVISE else str(VERB_WORDS.get(verb, verb))  # type: ignore[call-overload]


def _why_not(found: Story, verb: str) -> str:
    if verb == ADVISE:
        return "" if found.may_advise else found.may_advise.reason
    option = next((one for one in found.options if one.verb == verb), None)
    return option.why_not if option else f"A round that is {found.row.words} doesn't allow it."


def _changed(request: Request, pk: int, verb: str, conflict: Conflict) -> HttpResponse:
    """The form again, with what was typed, over the round as it is now."""
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, pk, now), now)
    data = request.POST.copy()
    data["version"] = str(found.round.version)
    why_not = _why_not(found, verb)
    form = None if why_not else form_for(verb, found, data)
    return _page(request, found, verb, form, why_not, 409, conflict)


def _page(
    request: Request,
    found: Story,
    verb: str,
    form: VerbForm | None,
    why_not: str,
    status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:
    option = next((one for one in found.options if one.verb == verb), None)
    context: dict[str, Any] = {
        "story": found, "round": found.round, "row": found.row, "verb": verb, "words": _words(verb), "form": form,
        "why_not": why_not, "conflict": conflict, "says": option.says if option else "Advice doesn't block.",
    }  # fmt: skip
    return render(request, "rounds/verb.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponseBase:
    """Show something for review."""
    now = timezone.now()
    visit = engagement_of(request.actor, pk, now)
    form = OpenForm(
        request.POST if request.method == "POST" else None, initial={"kind": request.GET.get("kind", "change")}
    )
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.open_round(visit, actor=request.actor, now=now, **form.cleaned_data))
        if made is not None:
            return done(request, "The round is open.", reverse("round", args=[made.pk]))
    terms = terms_of(visit)
    context = {
        "engagement": visit, "form": form, "may": Sides(request.actor, visit, now).away(), "pledge": terms.pledge,
        "ways": [(kind, way(kind, terms)[1]) for kind in ("design", "change")],
    }  # fmt: skip
    return render(request, "rounds/new.html", context, 422 if request.method == "POST" else 200)


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """Every round of an engagement."""
    now = timezone.now()
    visit = engagement_of(request.actor, pk, now)
    cursor = request.GET.get("cursor") or None
    page = queries.list_rounds(request.actor, RoundFilter(engagement=pk), cursor=cursor, limit=PAGE, now=now)
    context = {"engagement": visit, "page": page, "may": Sides(request.actor, visit, now).away()}
    return render(request, "rounds/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: Request, pk: int) -> HttpResponseBase:
    """Hours that were pledged and given, and booking them."""
    now = timezone.now()
    visit = engagement_of(request.actor, pk, now)
    form = BookForm(request.POST if request.method == "POST" else None, initial={"on": today(visit, now)})
    posted = request.method == "POST" and form.is_valid()
    if posted and form.attempt(lambda: form.run(visit, request.actor, now)) is not None:
        return done(request, "The time is booked.", reverse("engagement_hours", args=[pk]))
    context = {"engagement": visit, "hours": queries.hours(request.actor, visit, now), "form": form}
    return render(request, "rounds/hours.html", context, 422 if request.method == "POST" else 200)


@require_POST
def cancel_hours(request: Request, pk: int, booking: int) -> HttpResponseBase:
    """Take a booking back."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        actions.cancel(booking, actor=request.actor, now=timezone.now(), why=form.cleaned_data["reason"])
    return done(request, "The booking is taken back.", reverse("engagement_hours", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def reports(request: Request, pk: int) -> HttpResponseBase:
    """Reports of an engagement, and having one made."""
    now = timezone.now()
    visit = engagement_of(request.actor, pk, now)
    if request.method == "POST":
        made = actions.make_report(visit, actor=request.actor, now=now)
        return done(request, "The report is made and sent to both managers.", reverse("round_report", args=[made.pk]))
    context = {
        "engagement": visit,
        "reports": queries.reports(visit),
        "may": can_report(Sides(request.actor, visit, now)),
    }
    return render(request, "rounds/reports.html", context)


@require_safe
def report(request: Request, pk: int) -> HttpResponseBase:
    """One report; `?format=md` gives its Markdown."""
    found = queries.report(request.actor, pk, timezone.now())
    if request.GET.get("format") == "md":
        response = HttpResponse(found.text, content_type="text/markdown; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="report-{found.pk}.md"'
        return response
    return render(request, "rounds/report.html", {"report": found, "engagement": found.engagement})
