"""Pages of goals: those of a team, one, and what changes them."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions import queries as discussions
from awayteam.kernel import events, markdown
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, ReasonForm, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person, Team
from awayteam.roadmaps import actions, drawing, queries
from awayteam.roadmaps.actions.goals import subject
from awayteam.roadmaps.choices import Direction, GoalKind, GoalState, pairs
from awayteam.roadmaps.models import Goal, KeyResult
from awayteam.roadmaps.views.shared import number, page_of_team, team_page

KINDS = [(GoalKind.OKR.value, "objective with key results"), (GoalKind.PL.value, "figures of profit and loss")]
EVENTS = 50


@require_safe
def index(request: Request, namespace: str, name: str) -> HttpResponse:
    """The goals of a team; those that were closed on request."""
    page = team_page(request, namespace, name)
    closed = request.GET.get("closed") == "yes"
    states = [state for state in GoalState if (state == GoalState.OPEN) != closed]
    found = queries.goals(
        request.actor, team=page.team, states=states, cursor=request.GET.get("cursor") or None, limit=20
    )
    views = queries.views(request.actor, list(found.items), page.now)
    context = page.context("goals") | {"page": found, "views": views, "closed": closed, "spark": drawing.sparkline}
    return render(request, "roadmaps/goals.html", context)


@require_safe
def goal(request: Request, id: int) -> HttpResponse:
    """One goal with all that is measured of it."""
    row = queries.goal(request.actor, id)
    page = page_of_team(request, row.team)
    return _goal(request, row, page.context("goals"))


def _goal(request: Request, row: Goal, context: dict[str, Any], status: int = 200) -> HttpResponse:
    now = timezone.now()
    text = markdown.parse(row.statement)
    view = queries.views(request.actor, [row], now)[0]
    context |= {
        "goal": row,
        "view": view,
        "statement": text.html(markdown.resolve(request.actor, text.names)),
        "spark": drawing.sparkline,
        "events": events.history("goal", row.pk, limit=EVENTS),
    }
    context.setdefault("key_form", KeyForm())
    context.setdefault("figure_form", FigureForm())
    context.setdefault("measured", None)
    forms_ = {one.row.pk: MeasureForm(auto_id=f"id_{one.row.pk}_%s") for one in view.key_results}
    context["measure_forms"] = forms_ | context.get("measure_forms", {})
    context |= discussions.box(request, subject(row), address=reverse("goal", args=[row.pk]))
    return render(request, "roadmaps/goal.html", context, status=status)


class GoalForm(ReasonForm):
    title = forms.CharField(max_length=300)
    kind = forms.ChoiceField(choices=KINDS, label="Measured by")
    statement = forms.CharField(
        required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}), help_text="Markdown."
    )
    starts = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    ends = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Until")
    owner = forms.CharField(
        required=False, max_length=300, help_text="Who answers for it: a name in references, such as ada.",
        widget=forms.TextInput(attrs={"list": "people"}),
    )  # fmt: skip
    parent = forms.ModelChoiceField(
        queryset=Goal.objects.none(),
        required=False,
        label="Serves",
        help_text="A goal of a unit above, or another one.",
    )
    field_order = ("title", "kind", "statement", "starts", "ends", "owner", "parent", "reason")

    def __init__(self, team: Team, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        teams = [team.pk, *(unit.pk for unit in organisation.above(team))]
        self.fields["parent"].queryset = Goal.objects.filter(team__in=teams, state=GoalState.OPEN)  # type: ignore[attr-defined]

    def owner_of(self, request: Request) -> Person | None:
        text = self.cleaned_data["owner"].strip()
        return organisation.person(request.actor, text) if text else None


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, namespace: str, name: str) -> HttpResponseBase:
    page = team_page(request, namespace, name)
    page.edit.require()
    form = GoalForm(page.team, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.create_goal(
                actor=request.actor, now=page.now, team=page.team, title=given["title"], kind=given["kind"],
                statement=given["statement"], starts=given["starts"], ends=given["ends"], parent=given["parent"],
                owner=form.owner_of(request), reason=given["reason"],
            )
        )  # fmt: skip
        if made:
            return done(request, f"{made} is a goal of {page.team}.", reverse("goal", args=[made.pk]))
    context = page.context("goals") | {"form": form, "goal": None, "people": _people(page.team)}
    return render(request, "roadmaps/goal_form.html", context, status=422 if form.is_bound else 200)


EDITABLE = ("title", "statement", "starts", "ends", "parent")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, id: int) -> HttpResponseBase:
    row = queries.goal(request.actor, id)
    page = page_of_team(request, row.team)
    page.edit.require()
    present = {name: getattr(row, name) for name in EDITABLE} | {"owner": row.owner.ref if row.owner else ""}
    form = GoalForm(row.team, request.POST or None, initial=present)
    del form.fields["kind"]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def change() -> Goal:
            fields = {name: given[name] for name in EDITABLE} | {"owner": form.owner_of(request)}
            return actions.edit_goal(actor=request.actor, now=page.now, goal=row, fields=fields, reason=given["reason"])

        if form.attempt(change):
            return done(request, f"{given['title']} is changed.", reverse("goal", args=[row.pk]))
    context = page.context("goals") | {"form": form, "goal": row, "people": _people(row.team)}
    return render(request, "roadmaps/goal_form.html", context, status=422 if form.is_bound else 200)


def _people(team: Team) -> list[tuple[str, str]]:
    return [(member.person.ref, str(member.person)) for member in organisation.members(team)]


@require_POST
def close(request: Request, id: int, state: str) -> HttpResponseBase:
    """Met, missed, dropped, or open again."""
    row = queries.goal(request.actor, id)
    now, reason = timezone.now(), request.POST.get("reason", "")[:2000]
    if state == GoalState.OPEN:
        actions.reopen_goal(actor=request.actor, now=now, goal=row, reason=reason)
        return done(request, "The goal goes on.", reverse("goal", args=[row.pk]))
    if state not in list(GoalState):
        raise NotFound(f"A goal can't become {state[:30]}.")
    actions.close_goal(actor=request.actor, now=now, goal=row, state=state, reason=reason)
    return done(request, f"The goal is {state}.", reverse("goal", args=[row.pk]))


class KeyForm(ReasonForm):
    prefix = "key"
    title = forms.CharField(max_length=300, label="Key result")
    unit = forms.CharField(max_length=60, required=False)
    baseline = number(label="From")
    target = number(label="To")
    direction = forms.ChoiceField(choices=pairs(Direction), label="Better is")
    field_order = ("title", "unit", "baseline", "target", "direction", "reason")


class FigureForm(ReasonForm):
    prefix = "figure"
    name = forms.CharField(max_length=200, label="Figure", help_text="Such as revenue, or cost of hosting.")
    period = forms.CharField(max_length=10, help_text="2026, 2026-Q4 or 2026-11.")
    planned = number()
    actual = number(required=False)
    unit = forms.CharField(max_length=60, required=False)
    field_order = ("name", "period", "planned", "actual", "unit", "reason")


class MeasureForm(PageForm):
    prefix = "measure"
    value = number()
    source = forms.CharField(max_length=300, help_text="Where the number comes from.")
    day = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Measured on", help_text="Empty: now."
    )
    field_order = ("value", "source", "day")


@require_POST
def add(request: Request, id: int, what: str) -> HttpResponseBase:
    """A key result or a figure of a goal."""
    row = queries.goal(request.actor, id)
    page = page_of_team(request, row.team)
    kinds: dict[str, tuple[type[ReasonForm], Any, str]] = {
        "key-result": (KeyForm, actions.add_key_result, "key_form"),
        "figure": (FigureForm, actions.set_figure, "figure_form"),
    }
    if what not in kinds:
        raise NotFound(f"A goal has no {what[:30]}.")
    kind, action, place = kinds[what]
    form = kind(request.POST)
    if form.is_valid() and form.attempt(
        lambda: action(actor=request.actor, now=page.now, goal=row, **form.cleaned_data)
    ):
        return done(request, "It is there.", reverse("goal", args=[row.pk]))
    return _goal(request, row, page.context("goals") | {place: form}, status=422)


@require_POST
def measure(request: Request, id: int) -> HttpResponseBase:
    """A measurement of a key result; the field `corrects` names one that was wrong."""
    result = KeyResult.objects.select_related("goal__team").filter(pk=id).first()
    if result is None:
        raise NotFound("There is no such key result.")
    page = page_of_team(request, result.goal.team)
    form = MeasureForm(request.POST, auto_id=f"id_{result.pk}_%s")
    corrects = result.measurements.filter(pk=_number(request.POST.get("corrects", "")) or 0).first()
    if form.is_valid():
        given = form.cleaned_data
        at = _moment(given["day"], page.now)
        made = form.attempt(
            lambda: actions.measure(
                actor=request.actor, now=page.now, key_result=result, value=given["value"], source=given["source"],
                at=at, corrects=corrects,
            )
        )  # fmt: skip
        if made:
            return done(request, "The measurement is recorded.", reverse("goal", args=[result.goal_id]))
    context = page.context("goals") | {"measure_forms": {result.pk: form}, "measured": result.pk}
    return _goal(request, queries.goal(request.actor, result.goal_id), context, status=422)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _moment(day: Any, now: Any) -> Any:
    """Noon (UTC) of a day before today; now for today; a later day as it is, so that the action refuses it."""
    if day is None or day == now.date():
        return now
    return now.replace(year=day.year, month=day.month, day=day.day, hour=12, minute=0, second=0, microsecond=0)
