"""What the pages of budgets, allocations and growth ask for."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from awayteam.allocations.actions import Wanted
from awayteam.allocations.machine import GrowthVerb, Verb
from awayteam.allocations.models import Allocation, Growth
from awayteam.allocations.rules import Per, Period, Rate
from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity, Presence
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Team
from awayteam.requests.forms.fields import day_field, words_field

PERS = [(one.value, f"a {one.value}") for one in Per]
MOST_SERVICES = 500


class EntityField(forms.CharField):
    """A thing of the catalog that people name; the cleaned value is the row."""

    def __init__(self, actor: Actor, **more: Any) -> None:
        super().__init__(max_length=300, **more)
        self.actor = actor

    def clean(self, value: Any) -> Entity | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return catalog.resolve(self.actor, text)
        except AwayteamError as error:
            raise forms.ValidationError(str(error)) from error


def consumers(teams: Sequence[Team]) -> list[tuple[str, str]]:
    """What may be granted something in the name of these teams: their services, and each team as a whole."""
    rows = Entity.objects.filter(
        owner__team__in=teams, kind__in=("Component", "API", "Resource"), presence=Presence.PRESENT
    )
    services = [(f"e:{one.pk}", str(one)) for one in rows.order_by("sort_name").defer("document")[:MOST_SERVICES]]
    return [*services, *((f"t:{team.pk}", f"{team}, all its services together") for team in teams)]


class AskForm(PageForm):
    """`consumer` is "e:12" (a service) or "t:7" (a whole team) of those in whose name the actor may ask."""

    consumer = forms.ChoiceField(label="Who uses it")
    rate = forms.IntegerField(min_value=1, label="Calls")
    per = forms.ChoiceField(choices=PERS, label="In each")
    starts = day_field("The first day.", required=True, label="From")
    ends = day_field("The last day; you are reminded before it.", required=True, label="Until")
    why = words_field(
        "What it is for, and where the figure comes from. The provider's team decides by it.", label="Why", rows=4
    )
    growth = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, actor: Actor, teams: Sequence[Team], **more: Any) -> None:
        super().__init__(*arguments, **more)
        provider = EntityField(
            actor, label="Of what", help_text="A service, an API or a resource: component:default/orders."
        )
        self.fields = {"provider": provider, **self.fields}
        field = self.fields["consumer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = consumers(teams)
        self.teams = {team.pk: team for team in teams}

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        kind, _, pk = given["consumer"].partition(":")
        consumer = Entity.objects.select_related("owner__team").get(pk=int(pk)) if kind == "e" else None
        team = self.teams[int(pk)] if consumer is None else consumer.owner.team if consumer.owner else None
        assert team is not None
        rate, period = Rate(given["rate"], Per(given["per"])), Period(given["starts"], given["ends"])
        return Wanted(given["provider"], team, rate, period, given["why"], consumer)


def period_from(day: date) -> dict[str, date]:
    """The days that a new request suggests."""
    return {"starts": day, "ends": day + timedelta(days=rulebook.current().allocations.days_default - 1)}


class VersionForm(PageForm):
    """`version` is the state that its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """The action's own arguments."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class GrantForm(VersionForm):
    rate = forms.IntegerField(min_value=1, label="Calls")
    words = words_field("Needed where it is less than asked, or more than you say you can serve.", required=False)

    def __init__(self, *arguments: Any, row: Allocation, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["rate"].initial = row.rate
        self.fields["rate"].help_text = f"A {row.per}; {row.rate:,} were asked."


class SayForm(VersionForm):
    words = words_field(label="Why")

    def __init__(self, *arguments: Any, row: Allocation, **more: Any) -> None:  # noqa: ARG002 - as its neighbours
        super().__init__(*arguments, **more)


class AnswerForm(VersionForm):
    words = words_field(label="Why")
    until = day_field("It isn't asked again before that day, unless use grows further.", required=True, label="Until")

    def __init__(self, *arguments: Any, row: Growth, verb: str, **more: Any) -> None:
        super().__init__(*arguments, **more)
        if verb == GrowthVerb.FIX:
            self.fields["words"].label = "What you do about it"
            self.fields["until"].label = "By when"
        self.fields["until"].initial = row.until


class CapacityForm(PageForm):
    rate = forms.IntegerField(min_value=1, required=False, label="Calls", help_text="Empty: you don't say any more.")
    per = forms.ChoiceField(choices=PERS, label="In each")
    words = words_field("How you know, such as a load test and its day.", required=False, label="Grounds")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def declared(self) -> Rate | None:
        given = self.cleaned_data
        return Rate(given["rate"], Per(given["per"])) if given["rate"] else None


FORMS: dict[str, Any] = {Verb.GRANT.value: GrantForm, Verb.DECLINE.value: SayForm, Verb.WITHDRAW.value: SayForm}
