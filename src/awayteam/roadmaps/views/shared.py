"""What pages of one team share: the team, what its reader may do, and the tabs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import ReasonForm
from awayteam.kernel.permissions import Decision
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.roadmaps.choices import GoalState, ItemKind, pairs
from awayteam.roadmaps.models import Goal
from awayteam.roadmaps.permissions import Verb, can
from awayteam.roadmaps.places import address
from awayteam.roadmaps.queries import Wish

PLACES = 2
STEP = forms.NumberInput(attrs={"step": "any"})


@dataclass(frozen=True, slots=True)
class TeamPage:
    """The team in the address, the moment, and what the reader may do there."""

    team: Team
    now: datetime
    edit: Decision
    rank: Decision

    def context(self, tab: str) -> dict[str, Any]:
        """What the frame of the team's pages shows."""
        base = address(self.team)
        return {
            "team": self.team,
            "base": base,
            "address_of": address,
            "may_edit": self.edit,
            "may_rank": self.rank,
            "above": organisation.above(self.team),
            "tab": tab,
            "tabs": [
                ("roadmap", "Roadmap", base, None),
                ("goals", "Goals", f"{base}goals/", None),
                ("documents", "Press releases", f"{base}documents/", None),
                ("capacity", "Capacity", f"{base}capacity/", None),
            ],
        }


def team_page(request: Request, namespace: str, name: str) -> TeamPage:
    """Raises `NotFound`."""
    return page_of_team(request, organisation.team(request.actor, f"group:{namespace}/{name}"))


def page_of_team(request: Request, team: Team) -> TeamPage:
    now = timezone.now()
    return TeamPage(team, now, can(request.actor, Verb.EDIT, team, now), can(request.actor, Verb.RANK, team, now))


class GoalChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Open goals of the team and of the units above it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(queryset=Goal.objects.none(), required=False, **more)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.team})"


def goals_for(team: Team, keep: Goal | None = None) -> Any:
    """The goals from which an item of the team is given one; `keep` stays among them whatever its state."""
    teams = [team.pk, *(unit.pk for unit in organisation.above(team))]
    wanted = Q(team__in=teams, state=GoalState.OPEN)
    if keep is not None:
        wanted |= Q(pk=keep.pk)
    return Goal.objects.filter(wanted).select_related("team").order_by("team", "ends")


def number(**more: Any) -> forms.DecimalField:
    return forms.DecimalField(widget=STEP, **more)


class EffortForm(ReasonForm):
    """Three efforts; low and high left empty mean the likely one."""

    effort_low = number(required=False, label="Effort, low", help_text="Team-weeks: the whole team for a week is 1.")
    effort_likely = number(label="Effort, likely")
    effort_high = number(required=False, label="Effort, high")

    def effort(self) -> tuple[Decimal, Decimal, Decimal]:
        given = self.cleaned_data
        likely = given["effort_likely"]
        low, high = given.get("effort_low"), given.get("effort_high")
        return (likely if low is None else low, likely, likely if high is None else high)


class ItemForm(EffortForm):
    """A new item."""

    title = forms.CharField(max_length=300)
    kind = forms.ChoiceField(choices=pairs(ItemKind), initial=ItemKind.FEATURE)
    description = forms.CharField(
        required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 5}), help_text="Markdown."
    )
    value_per_week = number(
        required=False, label="Value", help_text="Points for each week by which it is done earlier.", initial=0
    )
    goal = GoalChoice(help_text="What it serves. Paying off debt is ranked only for a goal.")
    promised_on = forms.DateField(required=False, label="Promised for", widget=forms.DateInput(attrs={"type": "date"}))
    rank = forms.IntegerField(required=False, min_value=1, help_text="Left empty: at the end.")
    field_order = (
        "title", "kind", "description", "effort_low", "effort_likely", "effort_high", "value_per_week", "goal",
        "promised_on", "rank", "reason",
    )  # fmt: skip


def decimal_of(text: str, field: str) -> Decimal:
    """A number that stands in an address. Raises `InvalidInput`."""
    try:
        found = Decimal(text.strip())
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite():
        what = f"{field}: {text[:40]!r} is no number."
        raise InvalidInput(what, "Write it as 2 or 2.5.", {field: what})
    return found


def whole(text: str, field: str) -> int | None:
    """A whole number that stands in an address or form; None where nothing does. Raises `InvalidInput`."""
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        what = f"{field}: {text[:40]!r} is no whole number."
        raise InvalidInput(what, "Write it as 3.", {field: what})
    return int(text)


def wish_of(request: Request) -> Wish | None:
    """Something new to try, from the address: `effort` (likely; with `low` and `high`), `value`, `title`."""
    given = request.GET
    text = given.get("effort", "").strip()
    if not text:
        return None
    likely = decimal_of(text, "effort")
    low, high = given.get("low", "").strip(), given.get("high", "").strip()
    return Wish(
        title=given.get("title", "").strip()[:300] or "Something new",
        effort=(decimal_of(low, "low") if low else likely, likely, decimal_of(high, "high") if high else likely),
        value_per_week=decimal_of(given.get("value", "").strip() or "0", "value"),
    )
