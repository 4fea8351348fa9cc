"""Changes by hand: facts of teams and people, who belongs to a team, and under which names people are known."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import PageForm, ReasonForm, done, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation import actions, permissions, queries
from awayteam.organisation.models import Identity, Membership, Person, Role, Team
from awayteam.organisation.permissions import Verb
from awayteam.organisation.views import people, teams

SUGGESTIONS = 500
TEAM_FACTS = ("mission", "on_call_url", "email", "contacts", "time_zone", "calendar")
PERSON_FACTS = ("display_name", "email", "time_zone")


class TeamForm(ReasonForm):
    mission = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    on_call_url = forms.CharField(required=False, label="On call", help_text="Address of the page that says who it is.")
    email = forms.CharField(required=False, label="E-mail")
    contacts = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as chat: #payments.",
    )
    time_zone = forms.CharField(required=False, help_text="Such as Europe/Berlin.")
    country = forms.CharField(
        required=False, help_text="Whose public holidays are free: DE, or with a subdivision DE-BE."
    )
    field_order = ["mission", "on_call_url", "email", "contacts", "time_zone", "country", "reason"]

    def clean_contacts(self) -> dict[str, str]:
        found = {}
        for number, line in enumerate(str(self.cleaned_data["contacts"]).splitlines(), 1):
            name, colon, value = line.partition(":")
            if line.strip() and not (colon and name.strip() and value.strip()):
                raise forms.ValidationError(f"Line {number} is no contact; write it as chat: #payments.")
            if line.strip():
                found[name.strip()] = value.strip()
        return found

    def values(self, present: dict[str, Any]) -> dict[str, Any]:
        """The facts as actions take them; other entries of the calendar stay as they are."""
        given = self.cleaned_data
        country, _, subdivision = given["country"].strip().upper().partition("-")
        calendar = {name: value for name, value in present.items() if name not in ("country", "subdivision")}
        calendar |= {name: text for name, text in (("country", country), ("subdivision", subdivision)) if text}
        return {name: given[name] for name in TEAM_FACTS if name in given} | {"calendar": calendar}


class MemberForm(ReasonForm):
    person = forms.CharField(
        max_length=300,
        help_text="By name in references (ada) or as user:default/ada.",
        widget=forms.TextInput(attrs={"list": "people"}),
    )
    role = forms.ChoiceField(choices=[(role.value, role.value.replace("-", " ")) for role in Role], initial=Role.MEMBER)
    starts = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Left empty: from now on."
    )
    field_order = ["person", "role", "starts", "reason"]


class PersonForm(ReasonForm):
    display_name = forms.CharField(max_length=300, required=False)
    email = forms.CharField(max_length=320, required=False, label="E-mail")
    time_zone = forms.CharField(max_length=60, required=False, help_text="Such as Europe/Berlin.")
    field_order = [*PERSON_FACTS, "reason"]


class IdentityForm(ReasonForm):
    provider = forms.CharField(max_length=40, label="Where", help_text="Such as github, gitlab or email.")
    value = forms.CharField(max_length=320, label="Name there")
    field_order = ["provider", "value", "reason"]


def moment(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def apply_changes(
    form: PageForm, present: dict[str, Any], values: dict[str, Any], change: Callable[[str, Any], Any]
) -> bool:
    """Make every change of a value or none; False where something was refused, which the form then says."""
    changed = {name: value for name, value in values.items() if value != present[name]}

    def run() -> bool:
        if not changed:
            raise InvalidInput("Nothing is different.", "Change a value, or go back.")
        with transaction.atomic():
            for name, value in changed.items():
                change(name, value)
        return True

    return bool(form.attempt(run))


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: Request, namespace: str, name: str) -> HttpResponseBase:
    team, now = queries.team(request.actor, f"group:{namespace}/{name}"), timezone.now()
    permissions.can(request.actor, Verb.EDIT_TEAM, team, now).require()
    present = {fact: getattr(team, fact) for fact in TEAM_FACTS}
    place = [team.calendar.get("country", ""), team.calendar.get("subdivision", "")]
    contacts = "\n".join(f"{one}: {value}" for one, value in team.contacts.items())
    initial = present | {"contacts": contacts, "country": "-".join(part for part in place if part)}
    form = TeamForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]

        def change(field: str, value: Any) -> None:
            actions.edit_team(actor=request.actor, now=now, team=team, field=field, value=value, reason=reason)

        if apply_changes(form, present, form.values(team.calendar), change):
            return done(request, f"{team} is changed.", thing_address(team.ref))
    context = teams.frame(request, team, "edit") | {"form": form, "edits": queries.fact_edits(team)}
    return render(request, "organisation/team_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def team_withdraw(request: Request, namespace: str, name: str, field: str) -> HttpResponseBase:
    team = queries.team(request.actor, f"group:{namespace}/{name}")
    _withdraw(request, team, field)
    return done(request, f"The source's {field} counts again.", thing_address(team.ref))


@require_POST
def person_withdraw(request: Request, namespace: str, name: str, field: str) -> HttpResponseBase:
    person = queries.person(request.actor, f"user:{namespace}/{name}")
    _withdraw(request, person, field)
    return done(request, f"The source's {field} counts again.", thing_address(person.ref))


def _withdraw(request: Request, thing: Team | Person, field: str) -> None:
    reason = request.POST.get("reason", "").strip()
    actions.withdraw_edit(actor=request.actor, now=timezone.now(), thing=thing, field=field, reason=reason)


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Who belongs to the team: take somebody in, or end a membership."""
    team, now = queries.team(request.actor, f"group:{namespace}/{name}"), timezone.now()
    permissions.can(request.actor, Verb.STAFF, team, now).require()
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def take_in() -> Membership:
            person = _person(request, given["person"])
            return actions.start_membership(
                actor=request.actor, now=now, team=team, person=person, role=given["role"],
                starts=moment(given["starts"]), reason=given["reason"],
            )  # fmt: skip

        made = form.attempt(take_in)
        if made:
            return done(request, f"{made.person} belongs to {team} now.", thing_address(team.ref, "members"))
    rows = Membership.objects.filter(team=team, ends=None).select_related("person", "source")
    context = teams.frame(request, team, "members") | {
        "form": form,
        "rows": sorted(rows, key=lambda row: str(row.person).casefold()),
        "people": _suggested_people(),
    }
    return render(request, "organisation/team_members.html", context, status=422 if form.is_bound else 200)


def _suggested_people() -> list[tuple[str, str]]:
    """(reference, name) to choose from; in large organisations the first ones only, others can be typed."""
    people = Person.objects.filter(left_at=None).order_by("ref")[:SUGGESTIONS]
    return [(person.ref, str(person)) for person in people]


def _person(request: Request, text: str) -> Person:
    """The person whom a field names; unlike for an address, an unknown one is a mistake in the form."""
    try:
        return queries.person(request.actor, text)
    except NotFound as error:
        raise InvalidInput(error.what, error.advice, {"person": error.what}) from None


@require_POST
def member_end(request: Request, id: int) -> HttpResponseBase:
    row = Membership.objects.select_related("team", "person").filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such membership.")
    reason = request.POST.get("reason", "").strip()
    actions.end_membership(actor=request.actor, now=timezone.now(), membership=row, reason=reason)
    return done(request, f"{row.person} no longer belongs to {row.team}.", thing_address(row.team.ref))


@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: Request, namespace: str, name: str) -> HttpResponseBase:
    person, now = queries.person(request.actor, f"user:{namespace}/{name}"), timezone.now()
    permissions.can(request.actor, Verb.EDIT_PERSON, person, now).require()
    present = {fact: getattr(person, fact) for fact in PERSON_FACTS}
    form = PersonForm(request.POST or None, initial=present)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def change(field: str, value: Any) -> None:
            actions.edit_person(
                actor=request.actor, now=now, person=person, field=field, value=value, reason=given["reason"]
            )

        if apply_changes(form, present, {fact: given[fact] for fact in PERSON_FACTS}, change):
            return done(request, f"{person} is changed.", thing_address(person.ref))
    context = people.frame(request, person, "edit") | {
        "form": form,
        "edits": queries.fact_edits(person),
        "places": queries.teams_of(person),
    }
    return render(request, "organisation/person_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def person_primary(request: Request, namespace: str, name: str) -> HttpResponseBase:
    person = queries.person(request.actor, f"user:{namespace}/{name}")
    team, reason = queries.team(request.actor, request.POST.get("team", "")), request.POST.get("reason", "").strip()
    actions.set_primary_team(actor=request.actor, now=timezone.now(), person=person, team=team, reason=reason)
    return done(request, f"{team} comes first for {person}.", thing_address(person.ref))


@require_http_methods(["GET", "HEAD", "POST"])
def identities(request: Request, namespace: str, name: str) -> HttpResponseBase:
    person, now = queries.person(request.actor, f"user:{namespace}/{name}"), timezone.now()
    permissions.can(request.actor, Verb.IDENTIFY, person, now).require()
    form = IdentityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if form.attempt(lambda: actions.add_identity(actor=request.actor, now=now, person=person, **given)):
            return done(request, f"{person} is known as {given['value']}.", thing_address(person.ref, "identities"))
    context = people.frame(request, person, "identities") | {
        "form": form,
        "rows": queries.identities(person),
        "people": _suggested_people() if request.actor.is_administrator else [],
    }
    return render(request, "organisation/person_identities.html", context, status=422 if form.is_bound else 200)


def _identity(id: int) -> Identity:
    row = Identity.objects.select_related("person").filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such identity.")
    return row


@require_POST
def identity_remove(request: Request, id: int) -> HttpResponseBase:
    row, reason = _identity(id), request.POST.get("reason", "").strip()
    actions.remove_identity(actor=request.actor, now=timezone.now(), identity=row, reason=reason)
    return done(request, f"{row} is removed.", thing_address(row.person.ref, "identities"))


@require_POST
def identity_correct(request: Request, id: int) -> HttpResponseBase:
    """Give it to the person whose it is."""
    row, reason = _identity(id), request.POST.get("reason", "").strip()
    person = _person(request, request.POST.get("person", ""))
    actions.correct_identity(actor=request.actor, now=timezone.now(), identity=row, person=person, reason=reason)
    return done(request, f"{row} belongs to {person} now.", thing_address(person.ref, "identities"))
