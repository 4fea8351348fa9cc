"""The organisation in the database as the away map's pure part knows it: people, teams, and who belonged where when."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from awayteam.catalog.models import Entity
from awayteam.contributions.organisation import Organisation, Person, Team
from awayteam.organisation import models
from awayteam.sources.declared import DeclaredMembership

SLUGS = ("github.com/team-slug", "gitlab.com/group", "gitlab.com/group-slug")
CHANGED_BY = ("identity.", "membership.", "person.", "team.", "author.", "source.imported", "source.removed")
"""How the names of events begin after which authors and classes may come out differently."""


def organisation(*, nested: bool) -> Organisation:
    """All people and teams with their dated memberships: five statements."""
    made = Organisation(nested=nested)
    people: dict[int, Person] = {}
    columns = ("pk", "ref", "name", "display_name", "email")
    for pk, ref, name, display, email in models.Person.objects.values_list(*columns):
        one = made.people[ref] = people[pk] = Person(ref, display or name)
        one.logins.add(ref.rpartition("/")[2].lower())
        if email:
            one.emails.add(email.lower())
    for pk, provider, value in models.Identity.objects.values_list("person_id", "provider", "value"):
        values = people[pk].emails if provider == "email" else people[pk].logins
        values.add(value.lower())
    refs = _teams(made)
    for membership in _memberships(refs, {pk: one.ref for pk, one in people.items()}):
        made.teams[membership.team].members.append(membership)
    return made


def _teams(made: Organisation) -> dict[int, str]:
    rows = list(models.Team.objects.values_list("pk", "ref", "name", "title", "is_unit", "parent_id"))
    refs = {row[0]: row[1] for row in rows}
    for _, ref, name, title, is_unit, parent in rows:
        parents = {refs[parent]} if parent in refs else set()
        short = ref.rpartition("/")[2].lower()
        made.teams[ref] = Team(ref, short, title or name, is_unit, parents, handles={short, name.lower(), ref})
    annotated = Entity.objects.filter(team__isnull=False).values_list("team_id", "document__metadata__annotations")
    for team, annotations in annotated:
        if isinstance(annotations, dict):
            for slug in (annotations.get(key) for key in SLUGS):
                if isinstance(slug, str):
                    made.teams[refs[team]].handles |= {slug.lower(), slug.lower().rpartition("/")[2]}
    return refs


def _memberships(teams: dict[int, str], people: dict[int, str]) -> Iterator[DeclaredMembership]:
    columns = ("team_id", "person_id", "role", "starts", "ends", "person__primary_team_id")
    for team, person, role, starts, ends, primary in models.Membership.objects.order_by("pk").values_list(*columns):
        yield DeclaredMembership(teams[team], people[person], role, _day(starts), _day(ends), primary == team)


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def fingerprint(organisation: Organisation, *more: Any) -> str:
    """Equal for organisations that give the same answers."""
    digest = hashlib.sha256(repr(more).encode())
    for person in sorted(organisation.people.values(), key=lambda one: one.ref):
        digest.update(repr((person.ref, person.name, sorted(person.logins), sorted(person.emails))).encode())
    for team in sorted(organisation.teams.values(), key=lambda one: one.ref):
        members = sorted(repr(member) for member in team.members)
        digest.update(repr((team.ref, team.is_unit, sorted(team.parents), sorted(team.handles), members)).encode())
    return digest.hexdigest()
