"""Pages of forges."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.forges import accounts, permissions, queries, registry, repositories
from awayteam.forges.actions import asking, examining, reading, setting
from awayteam.forges.forms import ForgeForm, LinkForm
from awayteam.forges.models import Forge
from awayteam.forges.queries.accounts import account
from awayteam.forges.queries.deliveries import change, delivery
from awayteam.kernel import outbox, panels
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.models import OutboxMessage
from awayteam.kernel.pages import csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team

PAGE = 50
TONES = {"good": "good", "waiting": "warn", "bad": "bad", "off": "quiet"}


@require_safe
def index(request: Request) -> HttpResponse:
    """All forges, and how they do."""
    rows = queries.forges(request.actor, timezone.now())
    return render(
        request, "forges/list.html", {"rows": rows, "may": permissions.can_keep(request.actor), "tones": TONES}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Choose a kind, then set it up."""
    permissions.can_keep(request.actor).require()
    kind_name = request.GET.get("kind", "")
    if not kind_name:
        kinds = [kind for _name, kind in sorted(registry.kinds.items())]
        return render(request, "forges/kinds.html", {"kinds": kinds})
    kind = registry.kind(kind_name)
    form = ForgeForm(kind, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, now = form.cleaned_data, timezone.now()
        made = form.attempt(
            lambda: setting.add(
                kind=kind.kind, name=given["name"], address=given["address"], values=form.values(),
                allow_private=given["allow_private"], actor=request.actor, now=now,
            )
        )  # fmt: skip
        if made is not None and made.secret:
            row = queries.row_of(made.forge, now)
            return render(request, "forges/secret.html", {"row": row, "secret": made.secret})
        if made is not None:
            return done(request, f"{made.forge.name} is set up.", reverse("forge", args=[made.forge.name]))
    context = {"form": form, "kind": kind, "forge": None}
    return render(request, "forges/form.html", context, 422 if form.is_bound else 200)


@require_safe
def show(request: Request, name: str) -> HttpResponse:
    """One forge: its health, repositories, what was given up."""
    forge, now = permissions.load(request.actor, name), timezone.now()
    inside = request.actor.is_administrator
    places = [(row, repositories.known_as(row)) for row in queries.repositories(forge)]
    context: dict[str, Any] = {
        "forge": forge, "row": queries.row_of(forge, now), "tones": TONES, "places": places, "inside": inside,
        "may": permissions.can_keep(request.actor), "panels": panels.build("forge", request, forge),
        "dead": queries.dead(request.actor, forge) if inside else [],
        "unlinked": queries.accounts(request.actor, forge, unlinked=True, limit=10).items if inside else [],
    }  # fmt: skip
    return render(request, "forges/forge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, name: str) -> HttpResponseBase:
    """Change settings."""
    permissions.can_keep(request.actor).require()
    forge = permissions.load(request.actor, name)
    kind = registry.kind(forge.kind)
    form = ForgeForm(kind, request.POST or None, forge=forge)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if form.attempt(
            lambda: setting.change(
                forge, actor=request.actor, now=timezone.now(), values=form.values(),
                allow_private=given["allow_private"],
            )
        ):  # fmt: skip
            return done(request, f"{forge.name} is changed.", reverse("forge", args=[forge.name]))
    context = {"form": form, "kind": kind, "forge": forge}
    return render(request, "forges/form.html", context, 422 if form.is_bound else 200)


@require_POST
def verb(request: Request, name: str, verb: str) -> HttpResponseBase:
    """Pause, resume, remove, test."""
    forge, now = permissions.load(request.actor, name), timezone.now()
    reason = request.POST.get("reason", "")[:2000]
    if verb == "test":
        found = examining.examine(forge, actor=request.actor, now=now)
        return render(request, "forges/test.html", {"forge": forge, "findings": found})
    if verb == "remove":
        setting.remove(forge, actor=request.actor, now=now, reason=reason)
        return done(request, f"{forge.name} is removed; what was learnt from it stays.", reverse("forges"))
    if verb in ("pause", "resume"):
        setting.change(forge, actor=request.actor, now=now, active=verb == "resume", reason=reason)
        return done(request, f"{forge.name} is {'on' if verb == 'resume' else 'paused'}.", _at(forge))
    raise NotFound("There is no such verb.")


def _at(forge: Forge) -> str:
    return reverse("forge", args=[forge.name])


@require_POST
def retry(request: Request, name: str, what: str, pk: int) -> HttpResponseBase:
    """Try again what was given up."""
    forge, now = permissions.load(request.actor, name), timezone.now()
    if what == "delivery":
        reading.retry(delivery(request.actor, forge, pk), actor=request.actor, now=now)
    elif what == "change":
        asking.retry(change(request.actor, forge, pk), actor=request.actor, now=now)
    elif what == "message":
        message = OutboxMessage.objects.filter(pk=pk, channel="forge").first()
        if message is None:
            raise NotFound("There is no such message.")
        outbox.retry(message, actor=request.actor, now=now)
    else:
        raise NotFound("There is nothing like that.")
    return done(request, "It is tried again.", _at(forge))


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: Request, name: str) -> HttpResponseBase:
    """Accounts of a forge, and whose they are."""
    forge, now = permissions.load(request.actor, name), timezone.now()
    permissions.inside(request.actor)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        row = account(forge, given["account"])
        did = form.attempt(
            lambda: accounts.link(row, queries.match_person(given["person"]), actor=request.actor, now=now,
                                  reason=given["reason"])
            if given["person"] else accounts.unlink(row, actor=request.actor, now=now, reason=given["reason"])
        )  # fmt: skip
        if did is not None:
            return done(request, f"{row.login} is {did.person or 'nobody'}'s.", reverse("forge_accounts", args=[name]))
    unlinked = request.GET.get("unlinked") == "1"
    page = queries.accounts(request.actor, forge, unlinked=unlinked, cursor=request.GET.get("cursor", ""), limit=PAGE)
    context = {"forge": forge, "page": page, "form": form, "unlinked": unlinked}
    return render(request, "forges/accounts.html", context, 422 if form.is_bound else 200)


@require_safe
def told(request: Request, name: str) -> HttpResponse:
    """Deliveries of a forge."""
    forge = permissions.load(request.actor, name)
    state = request.GET.get("state", "")
    page = queries.deliveries(request.actor, forge, state=state, cursor=request.GET.get("cursor", ""), limit=PAGE)
    here = reverse("forge_deliveries", args=[name])
    states = ("waiting", "done", "dead")
    tabs = [("", "All", here, None), *((one, one.capitalize(), f"{here}?state={one}", None) for one in states)]
    return render(request, "forges/deliveries.html", {"forge": forge, "page": page, "state": state, "tabs": tabs})


@require_safe
def latency(request: Request) -> HttpResponseBase:
    """How fast home teams look at changes: a chart, its table, the changes that were counted; also as CSV."""
    days, now = _days(request), timezone.now()
    word = request.GET.get("team", "")
    team: Team | None = organisation.team(request.actor, word if ":" in word else f"group:{word}") if word else None
    since = now - timedelta(days=days)
    if request.GET.get("format") == "csv":
        return _csv(request, since, now, team)
    rows = queries.latency(request.actor, since=since, until=now, team=team)
    counted = queries.measured(request.actor, since=since, until=now, team=team)[:200] if team else []
    drawn = [(str(row.team), float(row.first.median)) for row in rows if row.first.median is not None][:20]
    context = {"rows": rows, "drawn": drawn, "days": days, "team": team, "counted": counted}
    return render(request, "forges/latency.html", context)


def _csv(request: Request, since: Any, now: Any, team: Team | None) -> HttpResponseBase:
    header = ("team", "change", "round", "waited from", "answered", "working minutes")
    rows = (
        (one.team.ref, str(one.change), one.wait.number, one.wait.since, one.wait.until, one.minutes)
        for one in queries.measured(request.actor, since=since, until=now, team=team)
    )
    return csv_file("first-reviews", header, rows)


def _days(request: Request) -> int:
    text = request.GET.get("days", "90")
    if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= 3650:
        raise InvalidInput(f"days: {text[:20]!r} is no number of days.", "Write 1 to 3650.", {"days": "1 to 3650"})
    return int(text)
