"""Forms of duplicates: saying that one builds one's own, and answering."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.duplicates.actions import Wanted
from awayteam.duplicates.machine import Party
from awayteam.duplicates.models import Duplicate
from awayteam.duplicates.rules import Choice, GivesWay, Said
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Team

KINDS = ("component", "api", "resource", "system", "domain")
CONVERGE_OWN, CONVERGE_HOME = "converge-own", "converge-home"


def thing_named(actor: Actor, text: str) -> Entity | None:
    """The thing that a reference or a bare name means; None where the catalog has none that the actor sees."""
    for ref in [text] if ":" in text else [f"{kind}:{text}" for kind in KINDS]:
        try:
            return catalog.resolve(actor, ref)
        except NotFound:
            continue
        except AwayteamError:
            return None
    return None


def teams_of(actor: Actor) -> list[Team]:
    """The teams for which somebody may say that they build their own; administrators for all."""
    alive = Team.objects.filter(dissolved_at__isnull=True).order_by("name")
    if actor.is_administrator:
        return list(alive.filter(is_unit=False)[:2_000])
    return list(alive.filter(pk__in=actor.teams | actor.manages))


class AddForm(PageForm):
    team = forms.ChoiceField(label="Team that builds its own")
    of = forms.CharField(
        max_length=300,
        label="What it duplicates",
        help_text="A service or API by name or reference; words where the catalog has no such thing.",
    )
    own = forms.CharField(
        max_length=300, required=False, label="The own build", help_text="Its name in the catalog, once it has one."
    )
    what = forms.CharField(
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="What exactly is built again",
        help_text="Only the part that is the same.",
    )
    why = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 2}), label="Why it is worth it")
    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), label="Look at it again on", help_text="Both teams are asked."
    )
    customer_facing = forms.BooleanField(required=False, label="Customers see both")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.teams = teams_of(actor)
        first = sorted(self.teams, key=lambda team: (team.pk not in actor.teams, team.is_unit, str(team)))
        self.fields["team"].choices = [(str(team.pk), str(team)) for team in first]  # type: ignore[attr-defined]
        days = rulebook.current().duplicates.look_again_days
        self.fields["on"].initial = timezone.now().date() + timedelta(days=days)

    def clean_own(self) -> Entity | None:
        text = str(self.cleaned_data["own"]).strip()
        found = thing_named(self.actor, text) if text else None
        if text and found is None:
            raise forms.ValidationError(f"There is no {text[:60]}; leave it out until the catalog has it.")
        return found

    def wanted(self, about: tuple[str, int] | None = None) -> Wanted:
        given = self.cleaned_data
        entity = thing_named(self.actor, given["of"].strip())
        return Wanted(
            team=next(team for team in self.teams if str(team.pk) == given["team"]),
            what=given["what"], why=given["why"], entity=entity, words="" if entity else given["of"],
            own=given["own"], on=given["on"], customer_facing=given["customer_facing"], about=about,
        )  # fmt: skip


class AnswerForm(PageForm):
    """What one side, or the manager, wants: converge (and whose thing gives way), keep, or retire."""

    choice = forms.ChoiceField(widget=forms.RadioSelect, label="What should become of it")
    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        label="By when",
        help_text="The end of the two, or, where both are kept, the day to look again.",
    )
    reason = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text="Stands in the history for everybody."
    )
    side = forms.ChoiceField(label="In whose name", required=False)

    def __init__(self, duplicate: Duplicate, sides: list[Party], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own, home = str(duplicate.team), str(duplicate.home_team or "nobody")
        ways = [(CONVERGE_OWN, f"Converge: the build of {own} gives way")]
        if duplicate.home_team is not None:
            ways.append((CONVERGE_HOME, f"Converge: what {home} has gives way"))
        keep = [(Choice.KEEP.value, "Keep both, with a reason"), (Choice.RETIRE.value, f"Retire the build of {own}")]
        self.fields["choice"].choices = [*ways, *keep]  # type: ignore[attr-defined]
        self.fields["on"].initial = date.today() + timedelta(days=90)  # noqa: DTZ011 - a suggestion in a form
        if len(sides) > 1:
            names = {Party.OWN: own, Party.HOME: home}
            self.fields["side"].choices = [(side.name, names[side]) for side in sides]  # type: ignore[attr-defined]
            self.fields["side"].required = True
        else:
            del self.fields["side"]

    def said(self) -> Said:
        given = self.cleaned_data
        if given["choice"] in (CONVERGE_OWN, CONVERGE_HOME):
            way = GivesWay.OWN if given["choice"] == CONVERGE_OWN else GivesWay.HOME
            return Said(Choice.CONVERGE, given["on"], way)
        return Said(Choice(given["choice"]), given["on"])

    def party(self) -> Party | None:
        return Party[self.cleaned_data["side"]] if self.cleaned_data.get("side") else None
