"""Forms of flags."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms

from awayteam.flags.actions import Wanted
from awayteam.flags.evaluating.flag import LONGEST_DEFINITION
from awayteam.flags.models import Environment, Flag
from awayteam.flags.rules import PASSING, Deed, Purpose, Reach
from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import PageForm, ReasonForm
from awayteam.organisation.models import Team

START = """{
  "state": "ENABLED",
  "variants": {
    "on": true,
    "off": false
  },
  "defaultVariant": "off",
  "targeting": {}
}
"""
PURPOSES = {
    Purpose.RELEASE: "a release: it goes once everybody has it",
    Purpose.EXPERIMENT: "an experiment: it goes once it is decided",
    Purpose.OPERATIONS: "operations: a switch that stays",
    Purpose.PERMISSION: "permission: who may use what; it stays",
}
CODE = {"rows": 16, "class": "code", "spellcheck": "false"}


def teams_of(actor: Actor) -> list[Team]:
    """The teams for which somebody may make flags, their own first; administrators for all."""
    alive = Team.objects.filter(dissolved_at=None, is_unit=False).order_by("name")
    if not actor.is_administrator:
        alive = alive.filter(pk__in=actor.teams | actor.manages)
    return sorted(alive[:2_000], key=lambda team: (team.pk not in actor.teams, str(team).casefold()))


class NewForm(PageForm):
    key = forms.CharField(max_length=200, help_text="As the code asks for it, such as new-cart.")
    owner = forms.ChoiceField(label="Team")
    purpose = forms.ChoiceField(label="What it is for", choices=[(one.value, words) for one, words in PURPOSES.items()])
    title = forms.CharField(max_length=200, required=False)
    description = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    remove_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Gone from the code by",
        help_text="Without a date, the rulebook's for releases and experiments.",
    )  # fmt: skip
    definition = forms.CharField(
        max_length=LONGEST_DEFINITION, widget=forms.Textarea(attrs=CODE), initial=START, strip=False,
        help_text="The JSON of flagd; it holds in every environment, until you change it in one.",
    )  # fmt: skip
    reason = forms.CharField(max_length=2000, label="Why")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams_of(actor)}
        self.fields["owner"] = forms.ChoiceField(
            label="Team", choices=[(pk, str(team)) for pk, team in self.teams.items()]
        )

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(
            given["key"], self.teams[given["owner"]], given["definition"], Purpose(given["purpose"]), given["title"],
            given["description"], given["remove_on"],
        )  # fmt: skip


class EditForm(ReasonForm):
    title = forms.CharField(max_length=200, required=False)
    description = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    purpose = forms.ChoiceField(label="What it is for", choices=[(one.value, words) for one, words in PURPOSES.items()])
    remove_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Gone from the code by"
    )
    field_order = ("title", "description", "purpose", "remove_on", "reason")

    def __init__(self, flag: Flag, data: Any = None) -> None:
        start = {name: getattr(flag, name) for name in ("title", "description", "purpose", "remove_on")}
        super().__init__(data, initial=start, auto_id="edit-%s")

    def values(self) -> dict[str, Any]:
        """What `actions.edit` takes."""
        given = self.cleaned_data
        purpose = Purpose(given["purpose"])
        return {
            "title": given["title"], "description": given["description"], "purpose": purpose,
            "remove_on": given["remove_on"], "no_removal": given["remove_on"] is None and purpose not in PASSING,
            "reason": given["reason"],
        }  # fmt: skip


class DefineForm(ReasonForm):
    definition = forms.CharField(
        max_length=LONGEST_DEFINITION, strip=False, widget=forms.Textarea(attrs=CODE | {"rows": 22}),
        help_text="The JSON of flagd. docs/flags.md names the operators.",
    )  # fmt: skip
    context = forms.CharField(
        max_length=64_000, required=False, strip=False, label="Try it for",
        widget=forms.Textarea(attrs=CODE | {"rows": 3}), help_text="A context as JSON, for “Check” alone.",
    )  # fmt: skip
    number = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("definition", "context", "reason")

    def __init__(self, *args: Any, checking: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = not checking


class PlanForm(ReasonForm):
    at = forms.DateTimeField(
        label="When (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    deed = forms.ChoiceField(
        label="What happens",
        choices=[
            (Deed.DEFINE.value, "another definition"), (Deed.KILL.value, "switch off"),
            (Deed.RELEASE.value, "let the definition hold again"),
        ],
    )  # fmt: skip
    variant = forms.CharField(
        max_length=200, required=False, label="Variant", help_text="With “switch off”: what everybody gets."
    )
    definition = forms.CharField(
        max_length=LONGEST_DEFINITION, required=False, strip=False, widget=forms.Textarea(attrs=CODE | {"rows": 12}),
        help_text="With “another definition”.",
    )  # fmt: skip
    field_order = ("at", "deed", "variant", "definition", "reason")

    def moment(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class KeepForm(ReasonForm):
    until = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Don't ask again before")
    field_order = ("until", "reason")

    def __init__(self, data: Any = None, start: date | None = None) -> None:
        super().__init__(data, initial={"until": start}, auto_id="keep-%s")


class EnvironmentForm(PageForm):
    key = forms.CharField(max_length=60, help_text="Small letters and digits, such as production.")
    title = forms.CharField(max_length=200)


class TokenForm(PageForm):
    name = forms.CharField(max_length=100, help_text="The application that uses it.")
    reach = forms.ChoiceField(
        choices=[
            (Reach.SERVER.value, "server: reads the ruleset, and asks"), (Reach.CLIENT.value, "client: only asks"),
        ],
    )  # fmt: skip


class RulesForm(ReasonForm):
    evaluators = forms.CharField(
        max_length=262_144, strip=False, label="Shared rules", widget=forms.Textarea(attrs=CODE | {"rows": 8}),
        help_text='Rules by name, as JSON; flags refer to them with {"$ref": "name"}.',
    )  # fmt: skip
    field_order = ("evaluators", "reason")

    def __init__(self, row: Environment, data: Any = None) -> None:
        super().__init__(data, initial={"evaluators": row.evaluators}, auto_id=f"{row.key}-%s")
