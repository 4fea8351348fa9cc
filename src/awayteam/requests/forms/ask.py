"""What somebody says when they ask: about what, what they need, what it is worth, what they could do themselves."""

from dataclasses import dataclass, field
from typing import Any

from django import forms

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Team
from awayteam.requests.actions import Aim
from awayteam.requests.forms.base import GROUNDS, ask_which_goal, worth_of
from awayteam.requests.forms.fields import TeamField, day_field, points_field, team_choices, words_field
from awayteam.requests.models import Kind
from awayteam.requests.words import KIND_WORDS

YES_NO = [("yes", "Yes"), ("no", "No")]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the home team, and the thing that it is about. `reasons` say why."""

    team: Team
    entity: Entity | None = None
    reasons: tuple[str, ...] = field(default=())


class AskForm(PageForm):
    """`target` is "e:12" (an entity) or "t:7" (a team) of the candidates, `home` a team by name, which outranks it."""

    pasted = forms.CharField(
        required=False,
        max_length=262_144,
        label="What is it about?",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Paste anything: a service, an operation, a path, an address, a pull request, a stack trace, a log.",
    )
    target = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
    home = TeamField(required=False, label="Or name the team")
    asking_team = forms.TypedChoiceField(coerce=int, label="In the name of")
    kind = forms.ChoiceField(choices=[(kind.value, KIND_WORDS[kind]) for kind in Kind], widget=forms.RadioSelect)
    title = forms.CharField(max_length=200, help_text="What you want to be true, in a line.")
    need = words_field("What is missing now, and how you would see that it is there. Markdown.", label="Need", rows=6)
    operation = forms.CharField(max_length=300, required=False, help_text="Such as GET /v1/orders/{id}.")
    path = forms.CharField(max_length=1000, required=False, help_text="Of a file, where you know it.")
    value_per_week = points_field("What a week of delay costs your team.")
    grounds = words_field(GROUNDS, required=False, label="Grounds")
    customer_value = words_field("What customers get from it, and which.", required=False, label="For whom")
    goal = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="It serves our goal")
    wanted_by = day_field("If there is a date, and why then stands in the need.", label="Wanted by")
    can_send_away = forms.ChoiceField(
        choices=YES_NO,
        widget=forms.RadioSelect,
        initial="yes",
        label="Could your people change it, if it comes to that?",
    )
    away_impossible = words_field("Such as: nobody of us knows the language.", required=False, label="Why not")

    def __init__(self, *arguments: Any, actor: Actor, **more: Any) -> None:
        self.actor = actor
        super().__init__(*arguments, **more)
        teams = Team.objects.filter(pk__in=sorted(actor.teams), dissolved_at__isnull=True).order_by("is_unit", "name")
        choices = team_choices(teams)
        asking = self.fields["asking_team"]
        assert isinstance(asking, forms.ChoiceField)
        asking.choices = choices
        self.belongs_nowhere = not choices
        ask_which_goal(self, actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("can_send_away") == "no" and not str(given.get("away_impossible") or "").strip():
            self.add_error("away_impossible", "Say why you can't send one.")
        return given

    def refuse(self, error: AwayteamError) -> None:
        """What the action says of the home team stands at the box in which that is named."""
        if "home_team" in error.fields:
            error.fields["home"] = error.fields.pop("home_team")
        super().refuse(error)

    def aim(self, target: Target) -> Aim:
        given = self.cleaned_data
        return Aim(target.entity, given["operation"], given["path"], given["pasted"], target.reasons)

    def values(self) -> dict[str, Any]:
        """The arguments of `actions.ask` besides actor, time and target."""
        given = self.cleaned_data
        return {
            "kind": given["kind"],
            "title": given["title"],
            "need": given["need"],
            "asking_team": Team.objects.get(pk=given["asking_team"]),
            "worth": worth_of(given),
            "can_send_away": given["can_send_away"] == "yes",
            "away_impossible": given["away_impossible"],
        }


def target_of(actor: Actor, key: str, home: Team | None) -> Target | None:
    """Where a request goes, of what the form says; None where it says nothing that is there.

    Raises `ValidationError` for a thing that no team owns.
    """
    sort, _, number = key.partition(":")
    pk = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
    entity = None
    if sort == "e" and pk:
        entity = visible(actor, Entity.objects.filter(pk=pk)).select_related("owner__team", "team").first()
    if home is not None:
        return Target(home, entity)
    if entity is not None:
        return Target(owner_of(entity), entity)
    team = Team.objects.filter(pk=pk, dissolved_at__isnull=True).first() if sort == "t" and pk else None
    return Target(team) if team else None


def owner_of(entity: Entity) -> Team:
    """The team that owns an entity. Raises `ValidationError` where none does."""
    if entity.team is not None:
        return entity.team
    if entity.owner is None or entity.owner.team is None:
        raise forms.ValidationError(f"No team owns {entity}; name the team that you ask.")
    return entity.owner.team


def entity_of(actor: Actor, ref: str) -> Entity | None:
    """The thing that an address names; None where there is none that the actor may see."""
    try:
        return catalog.resolve(actor, ref) if ref else None
    except AwayteamError:
        return None
