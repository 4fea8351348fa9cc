"""Fields that forms of requests share: teams by name, days, words, effort."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import NotFound
from awayteam.organisation.models import Team
from awayteam.organisation.queries import team as team_of

TEAM_HELP = "A team by its name (payments) or reference (group:default/payments)."
MOST = Decimal(10) ** 10


def words_field(
    help_text: str = "Stands in the story for everybody to read.",
    *,
    required: bool = True,
    label: str = "Words",
    rows: int = 2,
) -> forms.CharField:
    """What somebody says to a step."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(max_length=20_000, required=required, label=label, widget=widget, help_text=help_text)


def day_field(help_text: str, *, required: bool = False, label: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(required=required, help_text=help_text, widget=widget, label=label or None)


def points_field(help_text: str, *, required: bool = False, label: str = "Value a week") -> forms.DecimalField:
    return forms.DecimalField(
        min_value=0, max_value=MOST, decimal_places=2, required=required, label=label, help_text=help_text
    )


def weeks_field(label: str, help_text: str = "") -> forms.DecimalField:
    """Team-weeks: the whole team for a week."""
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.DecimalField(
        min_value=Decimal("0.01"),
        max_value=Decimal(10_000),
        decimal_places=2,
        label=label,
        help_text=help_text,
        widget=widget,
    )


def minutes_field() -> forms.IntegerField:
    help_text = "Everybody's minutes together. Left empty: what the rulebook says is usual."
    return forms.IntegerField(min_value=1, max_value=10_000, required=False, label="Minutes spent", help_text=help_text)


class TeamField(forms.CharField):
    """A team that people name; the cleaned value is the row, None where nothing is named."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("help_text", TEAM_HELP)
        more.setdefault("widget", forms.TextInput(attrs={"list": "teams", "autocomplete": "off"}))
        super().__init__(max_length=300, **more)

    def clean(self, value: Any) -> Team | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return team_of(SYSTEM, text)
        except NotFound as error:
            raise forms.ValidationError(str(error)) from error


def team_choices(teams: Iterable[Team]) -> list[tuple[str, str]]:
    return [(str(team.pk), str(team)) for team in teams]
