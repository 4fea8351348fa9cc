"""The guided set-up: opening an engagement, and its steps, each of which is saved on its own."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from awayteam.catalog.models import Entity
from awayteam.engagements import actions, queries
from awayteam.engagements.forms.setup import FORMS, OpenForm
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import Standing
from awayteam.engagements.queries.story import draft_gaps
from awayteam.engagements.views import people, proofs
from awayteam.engagements.views.frame import KEYS, after, closed, page
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.pages import done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.requests import queries as requests
from awayteam.requests import rules
from awayteam.requests.forms.ask import entity_of, owner_of
from awayteam.requests.machine import State as RequestState
from awayteam.requests.machine import Verb as RequestVerb
from awayteam.requests.models import Request as Asked
from awayteam.requests.stepping import facts_of


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Who visits whom: from a request (`?request=`), a thing (`?entity=`), a team (`?home=`), or from nothing."""
    now = timezone.now()
    if request.method != "POST":
        return _new(request, OpenForm(initial=_begun(request, now), actor=request.actor), 200)
    form = OpenForm(request.POST, actor=request.actor)
    if form.is_valid():
        given = form.cleaned_data
        asked = _asked(request, given["request"], now)
        service = entity_of(request.actor, given["service"])
        terms: dict[str, Any] = {"title": given["title"], "goal": given["goal"]}
        if service is not None:
            terms["service"] = service
        row = form.attempt(
            lambda: actions.open_engagement(
                actor=request.actor, now=now, home_team=given["home"], request=asked,
                away_team=Team.objects.get(pk=given["away_team"]), **terms,
            )
        )  # fmt: skip
        if row is not None:
            told = "The draft is open; what the catalog knows is filled in."
            return done(request, told, reverse("engagement_setup", args=[row.pk, "goal"]))
    return _new(request, form, 422)


def _begun(request: Request, now: datetime) -> dict[str, Any]:
    """What the address says from which somebody comes."""
    found: dict[str, Any] = {}
    entity = entity_of(request.actor, request.GET.get("entity", "")[:300])
    number = request.GET.get("request", "")
    asked = _asked(request, int(number), now) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    if asked is not None:
        found |= {"request": asked.pk, "title": asked.title, "goal": asked.need, "home": asked.home_team.ref}
        found["away_team"] = asked.asking_team_id
        entity = entity or asked.entity
    if entity is not None:
        found |= {"service": entity.ref, **({} if "home" in found else _owner(entity))}
    if request.GET.get("home"):
        found["home"] = request.GET["home"][:300]
    return found


def _owner(entity: Entity) -> dict[str, str]:
    try:
        return {"home": owner_of(entity).ref}
    except ValidationError:
        return {}


def _asked(request: Request, pk: int | None, now: datetime) -> Asked | None:
    return requests.load(request.actor, pk, now) if pk else None


def _new(request: Request, form: OpenForm, status: int) -> HttpResponse:
    pk = form["request"].value()
    asked = _asked(request, int(pk), timezone.now()) if str(pk or "").isdecimal() else None
    refused = ""
    if asked is not None and asked.state != RequestState.AWAY:
        refused = rules.why_not(facts_of(asked), RequestVerb.SEND_AWAY)
    context = {
        "form": form,
        "asked": {"id": asked.pk, "label": f"#{asked.pk} {asked.title}"} if asked else None,
        "refused": refused,
        "thing_named": entity_of(request.actor, str(form["service"].value() or "")[:300]),
    }
    return render(request, "engagements/new.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: Request, pk: int, step: str) -> HttpResponseBase:
    """One step of the set-up. Saving leads to the next one; the last one to the text that is signed."""
    if step not in KEYS:
        raise NotFound("The set-up has no such step.", "Its steps stand beside each of them.")
    now = timezone.now()
    row = queries.load(request.actor, pk, now)
    standing = Standing(request.actor, row, now)
    if step in FORMS:
        return _form_step(request, row, standing, step, now)
    if step == "members":
        return people.members(request, row, standing, now)
    if step in ("standards", "baseline"):
        return proofs.step(request, row, standing, step, now)
    gaps = draft_gaps(row, now, standards=True) if row.state == State.PREPARING else []
    return page(request, row, standing, step, "engagements/setup_check.html", {"missing_needed": gaps})


def _form_step(request: Request, row: Engagement, standing: Standing, step: str, now: datetime) -> HttpResponse:
    kind = FORMS[step]
    if request.method != "POST":
        form = kind(row=row, standing=standing) if not closed(row, standing) else None
        return page(request, row, standing, step, "engagements/setup_form.html", {"form": form})
    filled = kind(request.POST, row=row, standing=standing)
    conflict, status = None, 422
    if filled.is_valid():
        try:
            if filled.attempt(lambda: _save(request, row, filled, now)) is not None:
                return done(request, "Saved.", reverse("engagement_setup", args=[row.pk, after(step)]))
        except Conflict as found:
            conflict, status = found, 409
            fresh = queries.load(request.actor, row.pk, now)
            data = request.POST.copy()
            data["version"] = str(fresh.version)
            filled, row = kind(data, row=fresh, standing=standing), fresh
    context = {"form": filled, "conflict": conflict}
    return page(request, row, standing, step, "engagements/setup_form.html", context, status)


def _save(request: Request, row: Engagement, form: Any, now: datetime) -> Engagement:
    version = form.cleaned_data["version"]
    if form.step == "scope":
        lines = form.cleaned_data["lines"]
        return actions.set_scope(row.pk, actor=request.actor, now=now, lines=lines, version=version)
    return actions.write_draft(row.pk, actor=request.actor, now=now, version=version, **form.terms())
