"""Lists of budgets, allocations, growth and agendas, and the budget of one provider or consumer."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from awayteam.allocations import actions, exchange, queries, words
from awayteam.allocations.forms import CapacityForm
from awayteam.allocations.models import Growth
from awayteam.allocations.queries import AllocationFilter, AllocationRow, GrowthFilter, Point
from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import csv_file, done, render
from awayteam.kernel.paging import Page
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team

PAGE, FILE_PAGE, FILE_MOST = 50, 1_000, 100_000
BUDGET_HEADER = (
    "provider", "team", "capacity_a_day", "granted_a_day", "used_a_day", "used_percent", "exhausted_on", "requests",
    "consumers",
)  # fmt: skip
GROWTH_HEADER = (
    "number", "consumer", "provider", "kind", "state", "calls_a_day", "usual_a_day", "score", "share_percent", "day",
    "until", "reason",
)  # fmt: skip
STATES = ("open", "held", "closed", "all")
GROWTH_STATES = ("open", "answered", "closed", "all")


def _entity(request: Request, name: str) -> Entity | None:
    ref = request.GET.get(name, "").strip()[:300]
    return catalog.resolve(request.actor, ref) if ref else None


def _team(request: Request) -> Team | None:
    ref = request.GET.get("team", "").strip()[:300]
    return organisation.team(request.actor, ref if ":" in ref else f"group:{ref}") if ref else None


def _every(read: Callable[[str | None, int], Page[Any]]) -> Iterator[Any]:
    """Every row of a list, page by page."""
    cursor, sent = None, 0
    while sent < FILE_MOST:
        page = read(cursor, FILE_PAGE)
        yield from page.items
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


@require_safe
def budgets(request: Request) -> HttpResponseBase:
    """All providers with what they granted, what is used of it, and where that leads."""
    now, team, sort = timezone.now(), _team(request), request.GET.get("sort", "share")
    q = request.GET.get("q", "")

    def read(cursor: str | None, limit: int, counted: bool = False) -> Page[Any]:
        return queries.budgets(
            request.actor, now, team=team, words=q, sort=sort, cursor=cursor, limit=limit, counted=counted
        )

    if request.GET.get("format") == "csv":
        return csv_file("budgets", BUDGET_HEADER, (_budget_cells(one) for one in _every(read)))
    page = read(request.GET.get("cursor") or None, PAGE, counted=True)
    context = {"page": page, "sort": sort, "team": team, "look": queries.looked(), "tabs": _tabs(), "q": q, **_say()}
    return render(request, "allocations/budgets.html", context)


def _say() -> dict[str, Any]:
    return {"calls": words.calls, "compact": words.compact, "state_words": words.STATE_WORDS, "tones": words.TONES,
            "growth_words": words.GROWTH_STATE_WORDS, "growth_tones": words.GROWTH_TONES,
            "growth_kinds": words.KIND_WORDS}  # fmt: skip


def _tabs() -> list[tuple[str, str, str, None]]:
    return [
        ("budgets", "Providers", reverse("budgets"), None),
        ("allocations", "Allocations", reverse("allocations"), None),
        ("growths", "Growth", reverse("growths"), None),
        ("agendas", "Reviews", reverse("agendas"), None),
    ]


def _budget_cells(row: Any) -> tuple[Any, ...]:
    owner = row.provider.owner
    return (
        row.provider.ref, owner.ref if owner else "", row.capacity, row.granted, round(row.used, 1),
        round(row.share, 1) if row.share >= 0 else "", row.exhausted_on, row.asked, row.consumers,
    )  # fmt: skip


@require_safe
def allocations(request: Request) -> HttpResponseBase:
    """Allocations: asked, held, over; of a provider, a consumer or a team."""
    now, sort = timezone.now(), request.GET.get("sort", "age")
    wanted = AllocationFilter(
        request.GET.get("state", "held"), _entity(request, "provider"), _entity(request, "consumer"), _team(request)
    )

    def read(cursor: str | None, limit: int, counted: bool = False) -> Page[AllocationRow]:
        return queries.allocations(request.actor, wanted, now, sort=sort, cursor=cursor, limit=limit, counted=counted)

    if request.GET.get("format") == "csv":
        return csv_file("allocations", exchange.EXPORTED, (cells(one) for one in _every(read)))
    page = read(request.GET.get("cursor") or None, PAGE, counted=True)
    context = {"page": page, "sort": sort, "wanted": wanted, "states": STATES, "tabs": _tabs(), **_say()}
    return render(request, "allocations/allocations.html", context)


def cells(one: AllocationRow) -> tuple[Any, ...]:
    """A row of the file for finance; the import reads it again."""
    row = one.row
    consumer = row.consumer.ref if row.consumer else row.team.ref if row.team else ""
    said = {
        "reference": row.reference or f"awayteam-{row.pk}", "provider": row.provider.ref, "consumer": consumer,
        "rate": row.granted, "per": row.per, "starts": row.starts,
        "ends": row.ends, "why": row.why, "number": row.pk, "state": row.state, "asked": row.rate,
        "last_day": row.last_day, "used_a_day": round(one.used, 1), "granted_a_day": row.daily, "reason": row.reason,
        "home_team": row.home_team.ref, "asking_team": row.asking_team.ref,
    }  # fmt: skip
    return tuple(said[name] for name in exchange.EXPORTED)


@require_safe
def growths(request: Request) -> HttpResponseBase:
    """Findings of growth: to be answered, answered, over."""
    now, sort = timezone.now(), request.GET.get("sort", "age")
    wanted = GrowthFilter(
        request.GET.get("state", "open"), _entity(request, "provider"), _entity(request, "consumer"), _team(request)
    )

    def read(cursor: str | None, limit: int, counted: bool = False) -> Page[Growth]:
        return queries.growths(request.actor, wanted, now, sort=sort, cursor=cursor, limit=limit, counted=counted)

    if request.GET.get("format") == "csv":
        return csv_file("growth", GROWTH_HEADER, (_growth_cells(one) for one in _every(read)))
    page = read(request.GET.get("cursor") or None, PAGE, counted=True)
    context = {"page": page, "sort": sort, "wanted": wanted, "states": GROWTH_STATES, "tabs": _tabs(),
               "look": queries.looked(), **_say()}  # fmt: skip
    return render(request, "allocations/growths.html", context)


def _growth_cells(row: Growth) -> tuple[Any, ...]:
    return (
        row.pk, row.consumer.ref if row.consumer else row.name, row.provider.ref, row.kind, row.state,
        round(row.level), round(row.usual), round(row.score, 1), None if row.share is None else round(row.share, 1),
        row.day, row.until, row.reason,
    )  # fmt: skip


@require_safe
def agendas(request: Request) -> HttpResponse:
    """The newest agendas of all teams, or of one."""
    now, team = timezone.now(), _team(request)
    rows = queries.agendas(request.actor, now, team=team, limit=PAGE)
    context = {"rows": rows, "team": team, "tabs": _tabs(), "mine": request.actor.teams}
    return render(request, "allocations/agendas.html", context)


@require_safe
def agenda(request: Request, pk: int) -> HttpResponse:
    """One agenda."""
    return render(
        request, "allocations/agenda.html", {"told": queries.agenda(request.actor, pk, timezone.now()), **_say()}
    )


def budget_address(ref: str, route: str = "budget") -> str:
    """The address of a thing's budget, by its reference."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    return reverse(route, args=[namespace, kind, name])


@require_safe
def budget(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    """The budget of a provider."""
    entity = catalog.resolve(request.actor, f"{kind}:{namespace}/{name}")
    if entity.ref != f"{kind}:{namespace}/{name}":
        return HttpResponseRedirect(budget_address(entity.ref))
    return _budget(request, entity, timezone.now())


def _budget(request: Request, entity: Entity, now: datetime, refused: CapacityForm | None = None) -> HttpResponse:
    told = queries.provider_budget(request.actor, entity, now)
    row = told.budget
    begun = {"rate": row.rate, "per": row.per or "second", "words": row.words, "version": row.version}
    form = refused or CapacityForm(initial=begun)
    context = {"told": told, "provider": entity, "form": form, "points": _drawn(told.points),
               "declaring": refused is not None,
               "limits": [one.granted for one in told.points], **_say()}  # fmt: skip
    return render(request, "allocations/budget.html", context, 422 if refused is not None else 200)


def _drawn(points: Sequence[Point]) -> list[tuple[str, float]]:
    return [(f"{one.day:%-d %b}", round(one.used)) for one in points]


@require_POST
def capacity(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    """Say what a provider can serve."""
    entity, now = catalog.resolve(request.actor, f"{kind}:{namespace}/{name}"), timezone.now()
    form = CapacityForm(request.POST)
    if form.is_valid():
        made = form.attempt(
            lambda: actions.declare(
                entity, form.declared(), actor=request.actor, now=now, words=form.cleaned_data["words"],
                version=form.cleaned_data["version"],
            )
        )  # fmt: skip
        if made is not None:
            return done(request, "It is noted.", budget_address(entity.ref))
    return _budget(request, entity, now, form)


@require_safe
def consumer(request: Request, namespace: str, kind: str, name: str) -> HttpResponseBase:
    """What a service, or a team with all its services, holds and uses."""
    ref = f"{kind}:{namespace}/{name}"
    if kind == "user":
        raise NotFound("People hold no allocations.", "Look at a service or a team.")
    who: Entity | Team = (
        organisation.team(request.actor, ref) if kind == "group" else catalog.resolve(request.actor, ref)
    )
    told = queries.consumer_budget(request.actor, who, timezone.now())
    context = {"told": told, "who": who, "points": _drawn(told.points), "is_team": isinstance(who, Team),
               "asking": f"t:{who.pk}" if isinstance(who, Team) else f"e:{who.pk}", **_say()}  # fmt: skip
    return render(request, "allocations/consumer.html", context)
