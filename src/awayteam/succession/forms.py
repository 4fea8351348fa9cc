"""Forms of successions: beginning one, and the words of every step."""

from datetime import date
from typing import Any

from django import forms

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import PageForm
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.succession.machine import State
from awayteam.succession.words import DECISIONS

BEGINNINGS = (
    ("offer", "We offer what we own to another team"),
    ("ask", "We ask for what another team owns"),
    ("propose", "What was measured says that it belongs elsewhere"),
    ("order", "I manage both teams and have it change hands"),
    ("retire", "It ends: we retire it"),
)


class BeginForm(PageForm):
    """`how` says which of the other fields count."""

    how = forms.ChoiceField(choices=BEGINNINGS, label="What")
    entity = forms.CharField(max_length=300, label="Service or API", help_text="By name or reference.")
    team = forms.CharField(
        max_length=300, required=False, label="Team that gets it",
        help_text="By name or reference. Not for a retirement, nor where the evidence names it.",
    )  # fmt: skip
    sunset_on = forms.DateField(
        required=False, label="Last day", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Of a retirement. Left empty: the rulebook’s days after the notice.",
    )  # fmt: skip
    more = forms.CharField(
        max_length=500, required=False, label="Page about the end",
        help_text="Of a retirement: an address for the headers.",
    )  # fmt: skip
    words = forms.CharField(
        max_length=20_000, label="Why", widget=forms.Textarea(attrs={"rows": 3}), required=False,
        help_text="Both teams read it. Needed but for evidence.",
    )  # fmt: skip

    def thing(self, actor: Actor) -> Entity:
        """The thing that is named. Raises `InvalidInput`."""
        try:
            return catalog.resolve(actor, self.cleaned_data["entity"])
        except NotFound as error:
            raise InvalidInput(error.what, error.advice, {"entity": error.what}) from None

    def receiver(self, actor: Actor) -> Team:
        """The team that is named. Raises `InvalidInput`."""
        if not self.cleaned_data["team"].strip():
            raise InvalidInput("Name the team.", fields={"team": "name the team"})
        try:
            return organisation.team(actor, self.cleaned_data["team"])
        except NotFound as error:
            raise InvalidInput(error.what, error.advice, {"team": error.what}) from None

    def day(self) -> date | None:
        found: date | None = self.cleaned_data["sunset_on"]
        return found


class WordsForm(PageForm):
    words = forms.CharField(
        max_length=20_000, label="Why", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the story for everybody who sees it.",
    )  # fmt: skip


class OptionalWordsForm(WordsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].required = False
        self.fields["words"].label = "Words"


class DecideForm(WordsForm):
    """What the manager may choose."""

    choice = forms.ChoiceField(label="Decision")

    def __init__(self, is_retirement: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = State.RETIRING if is_retirement else State.HANDING_OVER
        known = [(value, DECISIONS[value]) for value in (usual.value, State.KEPT.value)]
        self.fields["choice"] = forms.ChoiceField(choices=known, label="Decision")
        self.order_fields(["choice", "words"])
