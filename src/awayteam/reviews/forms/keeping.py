"""Forms of the pool and of the register."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person, Team
from awayteam.reviews.actions import Deviation, Terms
from awayteam.reviews.actions.checking import fields
from awayteam.reviews.forms.fields import day_field, links_of, person_named, team_named, text_field, thing_named
from awayteam.reviews.forms.reviewing import later
from awayteam.reviews.models import BarRaiser
from awayteam.reviews.queries.register import OUTCOMES

LATER = "later"


class TermsForm(PageForm):
    """Training, term and load of somebody in the pool."""

    since = day_field("From")
    term_until = day_field("Until", help_text="The last day of the term.")
    trained_on = day_field("Trained on", required=False, help_text="Empty: not yet, and nothing is assigned.")
    trained_by = forms.CharField(max_length=200, required=False, label="Trained by", help_text="A person or a course.")
    load_max = forms.IntegerField(
        min_value=1,
        max_value=50,
        required=False,
        label="Open reviews at most",
        help_text="Empty: as the rulebook says.",
    )
    reason = forms.CharField(max_length=2000, required=False, label="Note")

    def __init__(self, *args: Any, row: BarRaiser | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.now().date()
        if row is None:
            self.fields["since"].initial = today
            self.fields["term_until"].initial = today + timedelta(days=rulebook.current().reviews.term_days)
        else:
            for name in ("since", "term_until", "trained_on", "trained_by", "load_max"):
                self.fields[name].initial = getattr(row, name)

    def terms(self) -> Terms:
        given = self.cleaned_data
        return Terms(
            given["since"], given["term_until"], given["trained_on"], given["trained_by"], given["load_max"]
        )  # fmt: skip


class JoinForm(TermsForm):
    """Put somebody into the pool."""

    field_order = ("person", "field")
    person = forms.CharField(max_length=300, label="Who", help_text="By name or reference.")
    field = forms.ChoiceField(label="Field")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["field"].choices = list(fields().items())  # type: ignore[attr-defined]

    def clean_person(self) -> Person:
        return person_named(self.actor, str(self.cleaned_data["person"]))


class AwayForm(PageForm):
    """Days on which a bar raiser is away."""

    starts_on = day_field("First day away")
    ends_on = day_field("Last day away")


class DeviationForm(PageForm):
    """A deviation with its data."""

    team = forms.CharField(max_length=300, label="Team", help_text="Whose decision it is, by name or reference.")
    title = forms.CharField(max_length=200, label="What you do instead", help_text="A few words; the title.")
    practice = forms.CharField(max_length=300, label="What you deviate from", help_text="The common tool or practice.")
    field = forms.ChoiceField(label="Field", required=False)
    reason = text_field("Why", 4)
    figures = text_field("Data", 4, help_text="What shows it. One a line: words and figures, then an address.")
    entity = forms.CharField(max_length=300, required=False, label="Service", help_text="By name or reference.")
    look_again_on = day_field("Look at it again on", help_text="You will be asked what happened.")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["field"].choices = [("", "None of them"), *fields().items()]  # type: ignore[attr-defined]
        self.fields["look_again_on"].initial = later()

    def clean_team(self) -> Team:
        return team_named(self.actor, str(self.cleaned_data["team"]))

    def clean_entity(self) -> Entity | None:
        return thing_named(self.actor, str(self.cleaned_data["entity"]))

    def clean_figures(self) -> list[dict[str, str]]:
        return links_of(str(self.cleaned_data["figures"]))

    def deviation(self) -> Deviation:
        given = dict(self.cleaned_data)
        return Deviation(data=given.pop("figures"), **given)


class TellForm(PageForm):
    """What became of an override or a deviation, or that it is too early to tell."""

    outcome = forms.ChoiceField(label="What happened", widget=forms.RadioSelect)
    happened = text_field("In words", 4, help_text="For everybody to read, and to learn from.")
    on = day_field("If it is too early: look again on", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "as-expected": "As expected by whoever decided", "as-warned": "As was warned", "both": "Something of both",
            "neither": "Neither",
        }  # fmt: skip
        choices = [(one, words[one]) for one in OUTCOMES]
        self.fields["outcome"].choices = [*choices, (LATER, "Too early to tell")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == LATER and not given.get("on") and "on" not in self.errors:
            self.add_error("on", "Say when to look again.")
        return given
