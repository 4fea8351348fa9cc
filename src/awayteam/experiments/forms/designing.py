"""The designer: a whole design as people type it, and back."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from awayteam.catalog.models import Entity
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible as visits
from awayteam.experiments import design as designs
from awayteam.experiments import queries
from awayteam.experiments.actions import Wanted
from awayteam.experiments.design import Correction, Horizon, Role
from awayteam.experiments.models import Experiment, FactSource
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person, Team
from awayteam.requests.models import Request
from awayteam.requests.permissions import visible as asked
from awayteam.reviews.forms.fields import person_named, team_named, text_field, thing_named
from awayteam.roadmaps.models import Goal

ROWS = 8
"""Metrics that the form has room for; the API takes more."""
PARTS = re.compile(r"(?P<key>\S+)\s+(?P<share>\d+(?:\.\d{1,2})?)\s*%?(?:\s+(?P<title>.*))?")
STEP = re.compile(r"(?P<hours>\d{1,5})\s*h?\s+(?P<traffic>\d+(?:\.\d{1,2})?)\s*%?")


def _number(label: str, *, least: float, most: float, help_text: str = "", required: bool = True) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=least, max_value=most, help_text=help_text, required=required)


class DesignForm(PageForm):
    """Every field of a design; each section of the page explains its own."""

    title = forms.CharField(max_length=200, label="Title", help_text="A few words, for lists.")
    team = forms.CharField(max_length=300, label="Team", help_text="Which team owns it.")
    decider = forms.CharField(max_length=300, label="Who decides", help_text="The person who will read the scorecard.")
    hypothesis = text_field("Hypothesis", 4)
    unit = forms.CharField(max_length=63, label="Unit")
    arms = forms.CharField(
        label="Arms", max_length=3000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: its name, its share in percent, what it is. The first is the control.",
    )  # fmt: skip
    traffic = _number("Traffic at the start, %", least=0.01, most=100)
    days = forms.IntegerField(label="Planned days", min_value=1, max_value=366)
    daily_units = _number(
        "Units a day",
        least=0.1,
        most=1e12,
        required=False,
        help_text="Leave empty to have it measured from past facts.",
    )
    ramp = forms.CharField(
        label="Ramp",
        max_length=500,
        required=False,
        help_text="Hours after the start and traffic in percent: 24 20, 48 100",
    )
    surface = forms.CharField(
        max_length=100, required=False, label="Surface", help_text="What people see: checkout page."
    )
    layer = forms.CharField(
        max_length=100, required=False, label="Layer", help_text="Those in one layer exclude each other."
    )
    segments = forms.CharField(
        max_length=300, required=False, label="Segments", help_text="Properties of exposures, with commas between."
    )
    customers = forms.BooleanField(
        required=False, label="Customers see it", help_text="The rulebook then asks bar raisers to look first."
    )
    horizon = forms.ChoiceField(
        label="How it is read", choices=[(Horizon.SEQUENTIAL.value, "sequential: at every look"),
                                         (Horizon.FIXED.value, "fixed: once, at the end")],
    )  # fmt: skip
    alpha = _number("False alarms accepted, %", least=0.01, most=20)
    power = _number("Power, %", least=50, most=99)
    correction = forms.ChoiceField(label="Correction", choices=[(one.value, one.value) for one in Correction])
    cuped_days = forms.IntegerField(label="Days before the start (CUPED)", min_value=0, max_value=90)
    time_zone = forms.CharField(max_length=60, label="Time zone of days")
    source = forms.ModelChoiceField(
        FactSource.objects.none(), required=False, label="Facts", empty_label="what is sent to Awayteam"
    )
    entity = forms.CharField(max_length=300, required=False, label="Service", help_text="By name or reference.")
    request = forms.IntegerField(required=False, label="Request", min_value=1, help_text="Its number.")
    engagement = forms.IntegerField(required=False, label="Engagement", min_value=1, help_text="Its number.")
    goal = forms.IntegerField(required=False, label="Goal", min_value=1, help_text="Its number.")

    def __init__(self, actor: Actor, *args: Any, now: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.now = actor, now
        self.fields["source"].queryset = FactSource.objects.filter(ended_at__isnull=True)  # type: ignore[attr-defined]
        self.known = {one.key: one for one in queries.metrics(actor)}
        choices = [("", "no metric"), *((key, f"{one.title} ({key})") for key, one in self.known.items())]
        for number in range(1, ROWS + 1):
            label = f"Metric {number}"
            self.fields[f"metric_{number}"] = forms.ChoiceField(choices=choices, required=False, label=label)
            self.fields[f"role_{number}"] = forms.ChoiceField(
                choices=[(one.value, one.value) for one in Role], required=False, label=f"Role of metric {number}"
            )
            self.fields[f"size_{number}"] = _number(
                f"Size for metric {number}, %", least=0.001, most=1000, required=False
            )
            self.fields[f"mean_{number}"] = _number(
                f"Past mean of metric {number}", least=-1e15, most=1e15, required=False
            )
            self.fields[f"deviation_{number}"] = _number(
                f"Past deviation of metric {number}", least=0, most=1e15, required=False
            )

    def metric_rows(self) -> Iterator[tuple[int, list[Any]]]:
        """The bound fields of each metric, for the page's table."""
        for number in range(1, ROWS + 1):
            yield number, [self[f"{name}_{number}"] for name in ("metric", "role", "size", "mean", "deviation")]

    def clean_team(self) -> Team:
        return team_named(self.actor, str(self.cleaned_data["team"]))

    def clean_decider(self) -> Person:
        return person_named(self.actor, str(self.cleaned_data["decider"]))

    def clean_entity(self) -> Entity | None:
        return thing_named(self.actor, str(self.cleaned_data["entity"]))

    def clean_request(self) -> Request | None:
        found: Request | None = _numbered(
            asked(self.actor, Request.objects.all(), self.now), self.cleaned_data["request"], "request"
        )
        return found

    def clean_engagement(self) -> Engagement | None:
        rows = visits(self.actor, Engagement.objects.all(), self.now)
        found: Engagement | None = _numbered(rows, self.cleaned_data["engagement"], "engagement")
        return found

    def clean_goal(self) -> Goal | None:
        found: Goal | None = _numbered(Goal.objects.all(), self.cleaned_data["goal"], "goal")
        return found

    def clean_arms(self) -> list[dict[str, Any]]:
        made = []
        for line in self.cleaned_data["arms"].splitlines():
            if not line.strip():
                continue
            found = PARTS.fullmatch(line.strip())
            if found is None:
                raise forms.ValidationError(f"{line.strip()[:60]!r}: write a name, a share in percent, and what it is.")
            share = round(float(found["share"]) * 100)
            made.append({"key": found["key"], "title": (found["title"] or "").strip()[:200], "share": share})
        return made

    def clean_ramp(self) -> list[dict[str, int]]:
        made = []
        for part in filter(None, (one.strip() for one in self.cleaned_data["ramp"].split(","))):
            found = STEP.fullmatch(part)
            if found is None:
                raise forms.ValidationError(f"{part[:40]!r}: write hours and percent, as 24 20.")
            made.append({"hours": int(found["hours"]), "traffic": round(float(found["traffic"]) * 100)})
        return made

    def clean_segments(self) -> list[str]:
        return [one.strip() for one in self.cleaned_data["segments"].split(",") if one.strip()]

    def wanted(self, before: Mapping[str, Any]) -> Wanted:
        """What the form says, over a former design, whose measured parts are kept where they still hold."""
        given = self.cleaned_data
        plain = ("hypothesis", "unit", "arms", "days", "surface", "layer", "segments", "ramp", "horizon", "correction",
                 "cuped_days", "time_zone", "customers", "daily_units")  # fmt: skip
        design = {
            **{name: given[name] for name in plain}, "traffic": round(given["traffic"] * 100),
            "alpha": given["alpha"] / 100, "power": given["power"] / 100, "uses": list(self._uses()),
        }  # fmt: skip
        same = before.get("daily_units") == given["daily_units"]
        design["traffic_source"] = before.get("traffic_source", "") if same and given["daily_units"] else ""
        return Wanted(
            title=given["title"], team=given["team"], owner=None, decider=given["decider"], design=design,
            entity=given["entity"], request=given["request"], engagement=given["engagement"], goal=given["goal"],
            source=given["source"],
        )  # fmt: skip

    def _uses(self) -> Iterator[dict[str, Any]]:
        given = self.cleaned_data
        for number in range(1, ROWS + 1):
            key = given.get(f"metric_{number}")
            if not key:
                continue
            role, size = given.get(f"role_{number}") or Role.SUCCESS.value, given.get(f"size_{number}")
            size = size / 100 if size is not None else None
            yield {
                "metric": queries.plain_of(self.known[key]), "role": role,
                "effect": size if role == Role.SUCCESS else None, "margin": size if role == Role.GUARDRAIL else None,
                "mean": given.get(f"mean_{number}"), "deviation": given.get(f"deviation_{number}"),
            }  # fmt: skip


def _numbered(rows: Any, number: int | None, what: str) -> Any:
    if number is None:
        return None
    try:
        found = rows.filter(pk=number).first()
    except (AwayteamError, OverflowError):
        found = None
    if found is None:
        raise forms.ValidationError(f"There is no {what} {number}.")
    return found


def initial_of(row: Experiment | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a design's written form."""
    design = designs.read(values)
    shown: dict[str, Any] = {
        "hypothesis": design.hypothesis, "unit": design.unit, "days": design.days, "surface": design.surface,
        "layer": design.layer, "customers": design.customers, "horizon": design.horizon.value,
        "correction": design.correction.value, "cuped_days": design.cuped_days, "time_zone": design.time_zone,
        "daily_units": design.daily_units, "traffic": design.traffic / 100, "alpha": round(design.alpha * 100, 6),
        "power": round(design.power * 100, 6), "segments": ", ".join(design.segments),
        "arms": "\n".join(f"{one.key} {one.share / 100:g} {one.title}".strip() for one in design.arms),
        "ramp": ", ".join(f"{one.hours} {one.traffic / 100:g}" for one in design.ramp),
    }  # fmt: skip
    for number, use in enumerate(design.uses[:ROWS], 1):
        size = use.effect if use.role is Role.SUCCESS else use.margin
        shown |= {
            f"metric_{number}": use.metric.key, f"role_{number}": use.role.value, f"mean_{number}": use.mean,
            f"size_{number}": round(size * 100, 6) if size else None, f"deviation_{number}": use.deviation,
        }  # fmt: skip
    if row is not None:
        shown |= {
            "title": row.title, "team": row.team.ref, "decider": row.decider.ref if row.decider else "",
            "entity": row.entity.ref if row.entity else "", "request": row.request_id, "goal": row.goal_id,
            "engagement": row.engagement_id, "source": row.source_id,
        }  # fmt: skip
    return shown
