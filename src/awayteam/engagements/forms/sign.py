"""Signing, declining and taking back a text, on the page that shows it; and what an amendment changes."""

from typing import Any

from django import forms

from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.forms.base import ActForm
from awayteam.engagements.forms.setup import PeopleStep, ScopeStep, TimeStep
from awayteam.engagements.rules import END_WORDS
from awayteam.requests.forms.fields import words_field


class SignForm(ActForm):
    """`sha256` is the hash of the text that stands on the page: no other is signed."""

    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    words = words_field("Stands in the story.", required=False)


class DeclineForm(ActForm):
    reason = forms.ChoiceField(choices=[(one.value, text) for one, text in END_WORDS.items()])
    words = words_field(label="In your words")


class TakeBackForm(ActForm):
    words = words_field(label="Why it is taken back")


class AmendForm(TimeStep, PeopleStep, ScopeStep):
    """Everything that an amendment may change, begun with what is in force; only what differs is proposed."""

    step = "amend"
    title = forms.CharField(max_length=200)
    goal = words_field("What will be different, and how one sees it. Markdown.", label="Goal", rows=5)
    done_means = forms.CharField(
        label="Definition of done", required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One line each.",
    )  # fmt: skip
    why = words_field("Both sides read it before they sign.", label="Why it is amended")
    field_order = ("version", "why", "ends_on")

    def begins(self) -> dict[str, Any]:
        row = self.row
        people = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager")
        own = [name for name in self.fields if name not in (*people, "version", "why", "lines", "done_means")]
        found = {name: getattr(row, name) for name in own}
        found |= {name: getattr(row, f"{name}_id") for name in people}
        return {**found, "done_means": "\n".join(str(line) for line in row.done_means), **ScopeStep.begins(self)}

    def prepare(self) -> None:
        PeopleStep.prepare(self)
        if self.row.began_at is not None:
            del self.fields["starts_on"]

    def changes(self) -> dict[str, Any]:
        """The terms that differ from what is in force, as `amend` takes them."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("version", "why", "lines")}
        given["done_means"] = [line.strip() for line in given["done_means"].splitlines() if line.strip()]
        return {name: value for name, value in given.items() if getattr(self.row, name) != value}

    def scope(self) -> list[ScopeLine] | None:
        """The paths where they differ; None where they stay."""
        wanted: list[ScopeLine] = self.cleaned_data["lines"]
        have = {(one.repository, one.pattern) for one in self.rows}
        return None if {(one.repository, one.pattern) for one in wanted} == have else wanted
