"""The steps of the guided set-up, each saved on its own: what for, who, which paths, which days, what is agreed."""

from typing import Any, ClassVar

from django import forms

from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.forms.base import ActForm
from awayteam.engagements.models import Engagement, ReviewMode, Scope
from awayteam.engagements.permissions import Standing
from awayteam.engagements.words import MODE_WORDS
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person, Team
from awayteam.organisation.queries import above
from awayteam.organisation.queries import members as members_of
from awayteam.requests.forms.fields import TeamField, day_field, team_choices, words_field


class OpenForm(PageForm):
    """Who visits whom, for what. `service` and `request` come with the address from which somebody comes."""

    home = TeamField(label="Home team", help_text="The team that owns what will be changed.")
    away_team = forms.TypedChoiceField(coerce=int, label="Away team")
    title = forms.CharField(max_length=200, help_text="What you will change, in a line.")
    goal = words_field("What will be different, and how one sees it. Markdown.", label="Goal", rows=5)
    service = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    request = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, actor: Actor, **more: Any) -> None:
        super().__init__(*arguments, **more)
        own = Team.objects.filter(pk__in=sorted(actor.teams), is_unit=False, dissolved_at__isnull=True).order_by("name")
        choices = team_choices(own)
        if not choices and actor.is_administrator:
            every = Team.objects.filter(is_unit=False, dissolved_at__isnull=True).order_by("name")
            choices = team_choices(every)
        self.belongs_nowhere = not choices
        away = self.fields["away_team"]
        assert isinstance(away, forms.ChoiceField)
        away.choices = choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        home = given.get("home")
        if home is not None and home.pk == given.get("away_team"):
            self.add_error("away_team", "That is the home team: it changes its own code without an engagement.")
        return given


class StepForm(ActForm):
    """One step: begins with what the draft says; `terms` are what `write_draft` takes."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    step: ClassVar[str]

    def __init__(self, *arguments: Any, row: Engagement, standing: Standing, **more: Any) -> None:
        self.row, self.standing = row, standing
        super().__init__(*arguments, **more)
        self.initial = {"version": row.version, **self.begins(), **self.initial}
        self.prepare()

    def begins(self) -> dict[str, Any]:
        """What the draft says, by field."""
        return {name: getattr(self.row, name) for name in self.fields if name != "version"}

    def prepare(self) -> None:
        """Choices that depend on the engagement."""

    def terms(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class GoalStep(StepForm):
    step = "goal"
    title = forms.CharField(max_length=200, help_text="In a line.")
    goal = words_field("What will be different, and how one sees it. Markdown.", label="Goal", rows=6)
    done_means = forms.CharField(
        label="Definition of done", required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One line each; every line is a line of the handover's checklist.",
    )  # fmt: skip

    def begins(self) -> dict[str, Any]:
        return {**super().begins(), "done_means": "\n".join(str(line) for line in self.row.done_means)}

    def terms(self) -> dict[str, Any]:
        given = super().terms()
        return {**given, "done_means": given["done_means"].splitlines()}


class PersonChoice(forms.ChoiceField):
    """One of some people, or nobody."""

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, **more)

    def clean(self, value: Any) -> Person | None:
        key = super().clean(value)
        return Person.objects.filter(pk=int(key)).first() if key else None


class PeopleStep(StepForm):
    step = "people"
    home_decider = PersonChoice(
        label="Decider of record", help_text="Signs the contract, and the design before the code."
    )
    home_contact = PersonChoice(label="Contact", help_text="Answers questions and review rounds for the home team.")
    home_deputy = PersonChoice(label="Deputy", help_text="Answers when the contact is away.")
    away_lead = PersonChoice(label="Lead of the away team", help_text="Signs for the away side and has its turns.")
    manager = PersonChoice(label="Accountable manager", help_text="The one manager who answers for the visit.")

    def begins(self) -> dict[str, Any]:
        return {name: getattr(self.row, f"{name}_id") for name in self.fields if name != "version"}

    def prepare(self) -> None:
        away = self.standing.away_people
        home = people_of(self.row.home_team, self.standing)
        visitors = people_of(self.row.away_team, self.standing)
        managers = {one.pk: one for unit in above(self.row.away_team) for one in people_of(unit, self.standing)}
        self._offer([one for one in home if one.pk not in away], "home_decider", "home_contact", "home_deputy")
        self._offer(visitors, "away_lead")
        self._offer([*managers.values(), *(one for one in visitors if one.pk not in managers)], "manager")

    def _offer(self, people: list[Person], *names: str) -> None:
        for name in names:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            current = getattr(self.row, name)
            listed = people if current is None or current in people else [current, *people]
            field.choices = [("", "Nobody yet"), *((str(one.pk), str(one)) for one in listed)]


def people_of(team: Team, standing: Standing) -> list[Person]:
    """Who belongs to the team now, leads first."""
    return [row.person for row in members_of(team, at=standing.now) if row.person.left_at is None]


class ScopeStep(StepForm):
    step = "scope"
    lines = forms.CharField(
        label="Paths that may be changed", max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One line each: the repository, a blank, and a pattern as in a CODEOWNERS file. “/” is all of it.",
    )  # fmt: skip

    def begins(self) -> dict[str, Any]:
        self.rows = list(Scope.objects.filter(engagement=self.row).select_related("followed"))
        return {"lines": "\n".join(f"{one.repository} {one.pattern}" for one in self.rows)}

    def clean_lines(self) -> list[ScopeLine]:
        known = {(one.repository, one.pattern): one for one in self.rows}
        followed = {one.repository: one.followed for one in self.rows}
        found = []
        for number, line in enumerate(str(self.cleaned_data["lines"]).splitlines(), 1):
            repository, _, pattern = line.strip().partition(" ")
            if not repository:
                continue
            if not pattern.strip():
                raise forms.ValidationError(
                    f"Line {number}: write a pattern after {repository[:80]}; “/” is all of it."
                )
            kept = known.get((repository, pattern.strip()))
            why = kept.why if kept else ""
            found.append(ScopeLine(repository, pattern.strip(), why, followed.get(repository)))
        return found


class TimeStep(StepForm):
    step = "time"
    starts_on = day_field("Work and access begin on this day.", label="First day")
    ends_on = day_field("Access ends after this day, by itself.", label="Last day of the time-box")
    working_days = forms.IntegerField(
        min_value=1, max_value=100_000, required=False, help_text="Of one person, for the whole visit."
    )
    review_mode = forms.ChoiceField(
        choices=[(mode.value, MODE_WORDS[mode.value].capitalize()) for mode in ReviewMode], widget=forms.RadioSelect,
        label="Who reviews",
    )  # fmt: skip
    pledged_hours = forms.IntegerField(
        min_value=0, max_value=100_000,
        help_text="Hours of the home team for reviews and questions in all; beyond them nothing can be demanded.",
    )  # fmt: skip
    warranty_days = forms.IntegerField(
        min_value=0, max_value=366, help_text="From production: defects of what was changed go to the away team."
    )
    pager_on = day_field("Empty: the pager stays where it is.", label="Pager moves on")


STEPS: tuple[tuple[str, str], ...] = (
    ("goal", "Goal"),
    ("people", "People"),
    ("scope", "Scope"),
    ("time", "Time and terms"),
    ("members", "Who comes"),
    ("standards", "Standards"),
    ("baseline", "Baseline"),
    ("check", "Check and sign"),
)
"""Key and title of each step, in order; the first four are forms of the draft's own terms."""
FORMS: dict[str, type[StepForm]] = {form.step: form for form in (GoalStep, PeopleStep, ScopeStep, TimeStep)}
