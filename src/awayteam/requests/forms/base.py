"""What the forms of verbs have in common: the state that was seen, words, a plan, teams and goals to choose from."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, Conflict, NotFound, NotSignedIn
from awayteam.kernel.pages import PageForm, Result
from awayteam.organisation.models import Team
from awayteam.requests.actions import Plan, Worth
from awayteam.requests.forms.fields import day_field, weeks_field, words_field
from awayteam.requests.queries.story import Story
from awayteam.roadmaps.models import Goal

GROUNDS = (
    "How you get to the figure; a guess is fine if it says so. For example: 12 complaints a week, 20 minutes each for "
    "two people: 8 hours a week."
)


class VerbForm(PageForm):
    """`version` is the state that its reader saw; `seen` when that was, so that a conflict can show what changed since.

    A subclass says what it asks for; `values` makes the action's own arguments of that.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    act: ClassVar[Callable[..., Any]]

    def __init__(self, *arguments: Any, story: Story, **more: Any) -> None:
        self.story = story
        super().__init__(*arguments, **more)
        self.prepare()

    def prepare(self) -> None:
        """Choices and beginnings that depend on the request."""

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "seen")}

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        """As of every form, but a `Conflict` is for the page to explain: it shows what changed."""
        try:
            return action()
        except (Conflict, NotFound, NotSignedIn):
            raise
        except AwayteamError as error:
            self.refuse(error)
            return None

    def run(self, actor: Actor, now: datetime) -> Any:
        """Do it; what the action refuses is raised."""
        request = self.story.request.pk
        return type(self).act(request, actor=actor, now=now, version=self.cleaned_data["version"], **self.values())


class SayForm(VerbForm):
    """Verbs that need words."""

    words = words_field()


class MaySayForm(VerbForm):
    """Verbs to which words may be added."""

    words = words_field(required=False)


class PlanForm(VerbForm):
    """How the home team takes it on."""

    effort_low = weeks_field("Effort, low")
    effort_likely = weeks_field("Likely")
    effort_high = weeks_field("High", "Team-weeks: the whole team for a week. The dates follow from the range.")
    rank = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="On the roadmap; 1 is worked on first. Empty: at the end.",
    )
    promised = day_field("Empty: the day by which it is done with 85% odds.", label="Promise it for")
    words = words_field(required=False)

    def plan(self) -> Plan:
        given = self.cleaned_data
        effort = (given["effort_low"], given["effort_likely"], given["effort_high"])
        return Plan(effort, given["rank"], given["promised"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        low, likely, high = (given.get(f"effort_{name}") for name in ("low", "likely", "high"))
        if low is not None and likely is not None and high is not None and not low <= likely <= high:
            self.add_error("effort_likely", "Low, likely and high go up.")
        return given


def worth_of(given: dict[str, Any]) -> Worth:
    """What it is worth, of a form's cleaned values."""
    goal = Goal.objects.get(pk=given["goal"]) if given.get("goal") else None
    value = given.get("value_per_week") or Decimal(0)
    return Worth(value, given.get("grounds", ""), given.get("customer_value", ""), goal, given.get("wanted_by"))


def team_of_key(pk: int | None) -> Team | None:
    return Team.objects.get(pk=pk) if pk else None


def set_choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def ask_which_team(form: VerbForm) -> None:
    """Those of the asking teams for which the actor may speak; no question where it is one."""
    actor = form.story.standing.actor
    mine = actor.leads | actor.decides | actor.manages
    rows = [
        row for row in form.story.askers
        if row.person.id == actor.person_id or row.team.id in mine or actor.is_administrator
    ]  # fmt: skip
    if len(rows) < 2:
        del form.fields["team"]
    else:
        set_choices(form, "team", [(str(row.team.id), row.team.label) for row in rows])


def ask_which_goal(form: forms.Form, actor: Actor) -> None:
    """The open goals of the actor's teams; no question where there are none."""
    goals = goals_of(actor)
    if goals:
        set_choices(form, "goal", [("", "No goal"), *((str(goal.pk), f"{goal} ({goal.team})") for goal in goals)])
    else:
        del form.fields["goal"]


def goals_of(actor: Actor) -> list[Goal]:
    """Open goals of the actor's teams, by when they end; one statement."""
    open_ones = Goal.objects.filter(team__in=sorted(actor.teams), state="open").select_related("team")
    return list(open_ones.order_by("ends", "pk")[:100]) if actor.teams else []
