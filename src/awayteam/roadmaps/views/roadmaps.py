"""Pages of all roadmaps and of one team's: the list, ranking, trying a rank, capacity."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import ReasonForm, back, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.roadmaps import actions, drawing, queries
from awayteam.roadmaps.models import CapacityNote, Item
from awayteam.roadmaps.places import address
from awayteam.roadmaps.queries import OverviewFilter, RoadmapView
from awayteam.roadmaps.views.shared import ItemForm, goals_for, number, page_of_team, team_page, whole, wish_of

TEAMS = 50
ALL = 100_000
BY_HAND = "ranked by hand"
HEADER = (
    "rank", "id", "title", "kind", "state", "low", "likely", "high", "value_per_week", "goal", "begins", "p50", "p85",
    "promised", "needs",
)  # fmt: skip


@require_safe
def index(request: Request) -> HttpResponseBase:
    """Every team's roadmap in a line, from stored forecasts."""
    given = request.GET
    chosen = OverviewFilter(
        text=given.get("q", "").strip()[:200],
        unit=whole(given.get("unit", ""), "unit"),
        show=given.get("show", "").strip()[:20],
    )
    if given.get("format") == "csv":
        return csv_file("roadmaps", ("team", "rank", "item", "state", "p50", "p85", "promised"), _all(request, chosen))
    page = queries.overview(request.actor, chosen, cursor=given.get("cursor") or None, limit=TEAMS)
    units = Team.objects.filter(is_unit=True, dissolved_at__isnull=True).order_by("title", "name")
    context = {"page": page, "chosen": chosen, "units": units, "address_of": address, "forecast_on": None}
    return render(request, "roadmaps/index.html", context | {"forecast_on": queries.oldest_forecast(request.actor)})


def _all(request: Request, chosen: OverviewFilter) -> Iterable[tuple[Any, ...]]:
    for row in queries.overview(request.actor, chosen, limit=ALL).items:
        for one in row.items:
            yield (row.team.ref, one.rank, one.title, one.state, one.p50, one.p85, one.promised)


@require_safe
def roadmap(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """One team's roadmap with its plan."""
    page = team_page(request, namespace, name)
    view = queries.roadmap(request.actor, page.team, page.now)
    if request.GET.get("format") == "csv":
        return csv_file(f"roadmap-{page.team.name}", HEADER, _rows(view))
    chart = drawing.timeline(view, reverse("roadmap_item", args=[0]))
    context = page.context("roadmap") | {"view": view, "chart": chart, "drawn": drawing.MOST}
    return render(request, "roadmaps/roadmap.html", context)


def _rows(view: RoadmapView) -> Iterable[tuple[Any, ...]]:
    for row in (*view.ranked, *view.unranked):
        plan, slot = row.plan, row.slot
        yield (
            row.item.rank, row.item.id, row.item.title, row.item.kind, row.item.state, plan.low, plan.likely, plan.high,
            plan.value, view.goals.get(row.item.goal or 0, ""), slot.begins, slot.p50, slot.p85, row.item.promised,
            ", ".join(str(tie.item) for tie in row.needs),
        )  # fmt: skip


@require_POST
def rank(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Move one item: `move` is "number:rank" (a button, or what was dragged), or `item` and `rank` are given."""
    page = team_page(request, namespace, name)
    given = request.POST
    text, _, place = given.get("move", "").partition(":")
    number_, wanted = whole(text or given.get("item", ""), "item"), whole(place or given.get("rank", ""), "rank")
    if number_ is None or wanted is None:
        raise InvalidInput("Say which item gets which rank.", "Choose an item and write its rank.")
    item = _item_of(request, page.team, number_)
    reason = given.get("reason", "").strip()[:2000] or BY_HAND
    version = whole(given.get("version", ""), "version")
    displaced = actions.move(
        actor=request.actor, now=page.now, item=item, rank=max(wanted, 1), reason=reason, version=version
    )
    return done(request, f"“{item}” is moved. {effect(displaced)}", back(request, address(page.team)))


def _item_of(request: Request, team: Team, number: int) -> Item:
    item = queries.item(request.actor, number)
    if item.team_id != team.pk:
        raise NotFound(f"{team} has no item {number}.", "Look at its roadmap for the numbers.")
    return item


def effect(displaced: actions.Displaced) -> str:
    """What a change did to other dates, in a sentence."""
    later = sum((row["days50"] or 0) > 0 for row in displaced)
    sooner = sum((row["days50"] or 0) < 0 for row in displaced)
    cost = sum(row["cost"] or 0.0 for row in displaced)
    if not later and not sooner:
        return "No other end moves."
    how = f"costs {cost:,.0f} points" if cost > 0 else f"gains {-cost:,.0f} points"
    return f"{later} end later, {sooner} sooner; that {how}."


@require_POST
def order(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Take over the order by value over effort."""
    page = team_page(request, namespace, name)
    view = queries.roadmap(request.actor, page.team, page.now)
    if not view.suggested:
        return done(request, "This is the order by value over effort already.", address(page.team))
    rows = Item.objects.select_related("team").in_bulk([one.item for one in view.suggested])
    changes = [(rows[one.item], one.suggested) for one in view.suggested]
    reason = request.POST.get("reason", "").strip()[:2000] or "ordered by value over effort"
    version = whole(request.POST.get("version", ""), "version")
    displaced = actions.reshuffle(actor=request.actor, now=page.now, changes=changes, reason=reason, version=version)
    return done(request, f"The order by value over effort holds now. {effect(displaced)}", address(page.team))


@require_safe
def what_if(request: Request, namespace: str, name: str) -> HttpResponse:
    """What slips if an item, or something new, gets a rank; nothing is saved."""
    page = team_page(request, namespace, name)
    given = request.GET
    item, wanted = whole(given.get("item", ""), "item"), whole(given.get("rank", ""), "rank")
    wish, drop = wish_of(request), given.get("drop") == "yes"
    context = page.context("roadmap") | {"wish": wish, "wanted": wanted, "trial": None, "options": None, "item": None}
    context |= {"drop": drop, "version": queries.version_of(page.team)}
    if wish is not None:
        context["options"] = queries.each_rank(request.actor, page.team, wish, page.now)
        if wanted is not None:
            context["trial"] = queries.try_rank(request.actor, page.team, page.now, rank=wanted, wish=wish)
    elif item is not None:
        context["item"] = _item_of(request, page.team, item)
        if wanted is not None or drop:
            context["trial"] = queries.try_rank(
                request.actor, page.team, page.now, rank=None if drop else wanted, item=item
            )
    return render(request, "roadmaps/what_if.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def item_new(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Put something on the roadmap."""
    page = team_page(request, namespace, name)
    page.edit.require()
    form = ItemForm(request.POST or None)
    form.fields["goal"].queryset = goals_for(page.team)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.place(
                actor=request.actor, now=page.now, team=page.team, title=given["title"], kind=given["kind"],
                description=given["description"], effort=form.effort(),
                value_per_week=given["value_per_week"] or Decimal(0), goal=given["goal"],
                promised=given["promised_on"], rank=given["rank"], reason=given["reason"],
            )
        )  # fmt: skip
        if made:
            return done(request, f"“{made.item}” is on the roadmap. {effect(made.displaced)}", address(page.team))
    context = page.context("roadmap") | {"form": form}
    return render(request, "roadmaps/item_new.html", context, status=422 if form.is_bound else 200)


class NoteForm(ReasonForm):
    starts = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    ends = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), label="Until", help_text="This day included."
    )
    share = number(required=False, label="Share of the time", help_text="0.5 is half, 0 nothing. Or instead:")
    people = number(required=False, label="People who are there")
    field_order = ("starts", "ends", "share", "people", "reason")


@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """What the team can do in the coming weeks, and notes about more or less."""
    page = team_page(request, namespace, name)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(
            lambda: actions.note_capacity(actor=request.actor, now=page.now, team=page.team, **form.cleaned_data)
        )
        if made:
            return done(request, f"It is noted. {effect(made[1])}", address(page.team, "capacity"))
    view = queries.roadmap(request.actor, page.team, page.now)
    rows = [(f"{week.starts:%Y-%m-%d}", round(week.weeks, 2)) for week in view.weeks]
    context = page.context("capacity") | {"form": form, "view": view, "chart_rows": rows}
    return render(request, "roadmaps/capacity.html", context, status=422 if form.is_bound else 200)


@require_POST
def note_remove(request: Request, id: int) -> HttpResponseBase:
    note = CapacityNote.objects.select_related("team").filter(pk=id).first()
    if note is None:
        raise NotFound("There is no such note.")
    page = page_of_team(request, note.team)
    reason = request.POST.get("reason", "")[:2000]
    displaced = actions.remove_note(actor=request.actor, now=page.now, note=note, reason=reason)
    return done(request, f"The note is gone. {effect(displaced)}", address(note.team, "capacity"))
