"""Shapes of the organisation in the REST interface, and how rows become them."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Schema
from pydantic import Field

from awayteam.organisation import queries
from awayteam.organisation.models import FactEdit, Identity, Membership, Person, Team


class Named(Schema):
    """The two parts of a reference whose kind is known, in any case."""

    namespace: Annotated[str, Field(min_length=1, max_length=63)]
    name: Annotated[str, Field(min_length=1, max_length=200)]


At = Annotated[Named, Path()]


class TeamLink(Schema):
    ref: str
    name: str
    title: str
    is_unit: bool


class PersonLink(Schema):
    ref: str
    name: str
    display_name: str


class TeamOut(TeamLink):
    """A team or unit in a list; `members` counts its own people, `is_over` tells that two pizzas don't feed them."""

    type: str
    parent: TeamLink | None
    members: int
    is_over: bool
    on_call_url: str


class SizeOut(Schema):
    size: int
    limit: int
    is_over: bool
    sentence: str


class TeamDetail(TeamLink):
    type: str
    declared: bool
    parent: TeamLink | None
    children: list[TeamLink]
    mission: str
    contacts: dict[str, Any]
    email: str
    picture: str
    on_call_url: str
    time_zone: str
    calendar: dict[str, Any]
    dissolved_at: datetime | None
    source: str
    size: SizeOut


class TeamPlaceOut(Schema):
    """A team that somebody belongs to, with all roles there."""

    team: TeamLink
    roles: list[str]
    starts: datetime | None
    ends: datetime | None
    is_primary: bool


class MemberOut(Schema):
    """Somebody's place in a team; `starts` null means before any record."""

    person: PersonLink
    roles: list[str]
    starts: datetime | None
    ends: datetime | None
    is_primary: bool
    sources: list[str]


class MembershipOut(Schema):
    """One membership as a row, with its dates and why."""

    id: int
    person: PersonLink
    team: str
    role: str
    starts: datetime | None
    ends: datetime | None
    reason: str
    source: str


class FactEditOut(Schema):
    """What a person set (`value`) beside what the source says (`declared`)."""

    field: str
    value: Any
    declared: Any
    reason: str
    made_by: str | None
    made_at: datetime


class IdentityOut(Schema):
    """A name under which somebody is known elsewhere, and how sure that is."""

    id: int
    provider: str
    value: str
    confidence: str
    evidence: str
    source: str
    created_at: datetime


class PersonOut(PersonLink):
    email: str
    teams: list[TeamLink]


class PersonDetail(PersonLink):
    email: str
    picture: str
    time_zone: str
    declared: bool
    left_at: datetime | None
    manager: PersonLink | None
    primary_team: TeamLink | None
    source: str
    teams: list[TeamPlaceOut]
    identities: list[IdentityOut]


def team_link(team: Team) -> TeamLink:
    return TeamLink(ref=team.ref, name=team.name, title=team.title, is_unit=team.is_unit)


def person_link(person: Person) -> PersonLink:
    return PersonLink(ref=person.ref, name=person.name, display_name=person.display_name)


def team_of(row: queries.TeamRow) -> TeamOut:
    team = row.team
    return TeamOut(
        **team_link(team).dict(),
        type=team.type,
        parent=team_link(team.parent) if team.parent else None,
        members=row.members,
        is_over=row.is_over,
        on_call_url=team.on_call_url,
    )


def team_detail(team: Team, size: queries.SizeCheck) -> TeamDetail:
    """A team from `queries.team`; one statement, for its children."""
    return TeamDetail(
        **team_link(team).dict(),
        type=team.type,
        declared=team.declared,
        parent=team_link(team.parent) if team.parent else None,
        children=[team_link(child) for child in queries.children(team)],
        mission=team.mission,
        contacts=team.contacts or {},
        email=team.email,
        picture=team.picture,
        on_call_url=team.on_call_url,
        time_zone=team.time_zone,
        calendar=team.calendar or {},
        dissolved_at=team.dissolved_at,
        source=team.source.name if team.source else "",
        size=SizeOut(size=size.size, limit=size.limit, is_over=size.is_over, sentence=size.sentence),
    )


def member_of(row: queries.MemberRow) -> MemberOut:
    return MemberOut(
        person=person_link(row.person),
        roles=list(row.roles),
        starts=row.starts,
        ends=row.ends,
        is_primary=row.is_primary,
        sources=list(row.sources),
    )


def membership_of(row: Membership, team: Team) -> MembershipOut:
    return MembershipOut(
        id=row.pk,
        person=person_link(row.person),
        team=team.ref,
        role=row.role,
        starts=row.starts,
        ends=row.ends,
        reason=row.reason,
        source=row.source.name if row.source else "",
    )


def edit_of(row: FactEdit) -> FactEditOut:
    return FactEditOut(
        field=row.field,
        value=row.value,
        declared=row.declared,
        reason=row.reason,
        made_by=row.made_by.ref if row.made_by else None,
        made_at=row.made_at,
    )


def identity_of(row: Identity) -> IdentityOut:
    return IdentityOut(
        id=row.pk,
        provider=row.provider,
        value=row.value,
        confidence=row.confidence,
        evidence=row.evidence,
        source=row.source.name if row.source else "",
        created_at=row.created_at,
    )


def person_of(row: queries.PersonRow) -> PersonOut:
    return PersonOut(
        **person_link(row.person).dict(), email=row.person.email, teams=[team_link(team) for team in row.teams]
    )


def person_detail(person: Person, *, at: datetime | None = None) -> PersonDetail:
    """A person from `queries.person`; two statements, for teams and identities."""
    return PersonDetail(
        **person_link(person).dict(),
        email=person.email,
        picture=person.picture,
        time_zone=person.time_zone,
        declared=person.declared,
        left_at=person.left_at,
        manager=person_link(person.manager) if person.manager else None,
        primary_team=team_link(person.primary_team) if person.primary_team else None,
        source=person.source.name if person.source else "",
        teams=[
            TeamPlaceOut(
                team=team_link(place.team),
                roles=list(place.roles),
                starts=place.starts,
                ends=place.ends,
                is_primary=place.is_primary,
            )
            for place in queries.teams_of(person, at=at)
        ],
        identities=[identity_of(row) for row in queries.identities(person)],
    )
