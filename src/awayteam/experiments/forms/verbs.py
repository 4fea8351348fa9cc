"""Forms of what is done with an experiment."""

from typing import Any

from django import forms

from awayteam.experiments.design import Design, Direction, MetricKind
from awayteam.experiments.models import SourceKind
from awayteam.experiments.rules import Outcome
from awayteam.experiments.words import OUTCOMES
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Team
from awayteam.reviews.forms.fields import day_field, team_named, text_field


class PlainForm(PageForm):
    """Verbs that need no word."""


class WordsForm(PageForm):
    """Verbs that need a reason."""

    words = text_field("Why", 2, help_text="Stands in the story for everybody who sees it.")


class SubmitForm(PageForm):
    words = text_field("Words", 2, required=False, help_text="For whoever reviews it.")


class CleanForm(PageForm):
    words = text_field("What was removed", 2, help_text="Where it can be seen: a change, a commit.")


class AllocateForm(PageForm):
    """Another allocation: more traffic, and arms to drop."""

    traffic = forms.FloatField(label="Traffic, %", min_value=0.01, max_value=100, required=False)
    drop = forms.MultipleChoiceField(
        label="Drop", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Nobody new gets a dropped arm, and those who had it see the control.",
    )  # fmt: skip
    words = text_field("Why", 2)

    def __init__(self, design: Design | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        arms = design.treatments if design else ()
        self.fields["drop"].choices = [(one.key, one.title or one.key) for one in arms]  # type: ignore[attr-defined]

    def clean_traffic(self) -> int | None:
        given = self.cleaned_data["traffic"]
        return round(given * 100) if given is not None else None


class DecideForm(PageForm):
    """The decision, beside what the rule recommends."""

    outcome = forms.ChoiceField(
        label="Decision", widget=forms.RadioSelect, choices=[(one.value, OUTCOMES[one]) for one in Outcome]
    )
    arm = forms.ChoiceField(label="Arm that ships", required=False)
    words = text_field("What was learnt, and why so", 4, help_text="Everybody who searches learnings reads it.")
    look_again_on = day_field(
        "Look at it again on",
        required=False,
        help_text="Where it goes against the rule: you will be asked what happened.",
    )

    def __init__(self, design: Design | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        arms = design.treatments if design else ()
        choices = [("", "none"), *((one.key, one.title or one.key) for one in arms)]
        self.fields["arm"].choices = choices  # type: ignore[attr-defined]


class MetricForm(PageForm):
    """A metric of the organisation."""

    key = forms.CharField(max_length=63, label="Name", help_text="Small letters, digits, - and _.")
    title = forms.CharField(max_length=200, label="Title")
    team = forms.CharField(max_length=300, label="Team that keeps it")
    kind = forms.ChoiceField(label="Kind", choices=[(one.value, one.value) for one in MetricKind])
    direction = forms.ChoiceField(
        label="Better is", choices=[(Direction.UP.value, "more"), (Direction.DOWN.value, "less")]
    )
    event = forms.CharField(max_length=100, label="Event", help_text="The name under which it is sent.")
    over = forms.CharField(max_length=100, required=False, label="Divided by", help_text="Ratios only: another event.")
    quantile = forms.FloatField(label="Quantile", initial=0.5, min_value=0.0001, max_value=0.9999)
    after_days = forms.IntegerField(label="Days until it counts", initial=0, min_value=0, max_value=365,
                                    help_text="Retention only.")  # fmt: skip
    winsor = forms.FloatField(label="Cut above the quantile", initial=1.0, min_value=0.0001, max_value=1,
                              help_text="1 cuts nothing; 0.999 cuts the largest thousandth.")  # fmt: skip
    cluster = forms.CharField(max_length=63, required=False, label="Cluster",
                              help_text="The property by which units hang together.")  # fmt: skip
    unit = forms.CharField(max_length=20, required=False, label="Unit of measure", help_text="ms, EUR.")
    description = text_field("What it means", 3, required=False)

    def __init__(self, actor: Actor, *args: Any, changes: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        if changes:
            self.fields["reason"] = text_field("Why", 2, help_text="Experiments that are registered keep the old one.")

    def clean_team(self) -> Team:
        return team_named(self.actor, str(self.cleaned_data["team"]))


class SenderForm(PageForm):
    name = forms.CharField(max_length=100, label="Program")
    team = forms.CharField(max_length=300, label="Team")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_team(self) -> Team:
        return team_named(self.actor, str(self.cleaned_data["team"]))


class SourceForm(PageForm):
    name = forms.CharField(max_length=100, label="Name")
    kind = forms.ChoiceField(label="Kind", choices=[one for one in SourceKind.choices if one[0] != SourceKind.OWN])
    address = forms.CharField(
        max_length=1000, required=False, label="Address", help_text="A DuckDB file, or a database without its password."
    )
    secret = forms.CharField(
        max_length=500, required=False, label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    exposures = forms.CharField(
        max_length=300, label="Exposures", help_text="A table, or files: /facts/exposures/*.parquet"
    )
    events = forms.CharField(
        max_length=300, label="Events", help_text="A table or files with unit, name, value, at, id."
    )
