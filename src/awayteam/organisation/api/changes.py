"""What people and programs change of teams and people; each is one action with its reason."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.db import transaction
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import decode_cursor
from awayteam.kernel.paging import page_of as cut
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Moment, PageOf, Paging, Reason, Text, Word, guarded, page_of
from awayteam.organisation import queries
from awayteam.organisation.actions import facts, identities, memberships
from awayteam.organisation.api import people, schemas, teams
from awayteam.organisation.api.schemas import At, FactEditOut, IdentityOut, MembershipOut, PersonDetail, TeamDetail
from awayteam.organisation.models import Identity, Membership, Person, Team

router = Router(tags=["organisation"])

Address = Annotated[str, Field(max_length=2_000)]
Email = Annotated[Word, Field(max_length=320)]
Zone = Annotated[Word, Field(max_length=60)]


class ReasonQuery(Schema):
    reason: Reason


class TeamFacts(Body):
    """What is left out stays as it is."""

    mission: Annotated[Text, Field(max_length=20_000)] = ""
    contacts: dict[str, Address] = {}
    email: Email = ""
    on_call_url: Address = ""
    picture: Address = ""
    time_zone: Zone = ""
    calendar: dict[str, Any] = Field({}, description="country, subdivision, hours, weekdays")
    reason: Reason


@teams.router.patch("/{namespace}/{name}", response=TeamDetail)
def edit_team(request: Request, at: At, body: TeamFacts) -> Any:
    """Set facts of a team; all of them or, where one is refused, none."""
    team = teams.load(request, at)
    with transaction.atomic(), guarded(request, team, lambda: teams.detail(teams.load(request, at))):
        _edit(request, team, facts.edit_team, "team", body)
        return teams.detail(teams.load(request, at))


def _edit(request: Request, thing: Team | Person, action: Callable[..., Any], name: str, body: Schema) -> None:
    given = {field: getattr(body, field) for field in sorted(body.model_fields_set - {"reason", "primary_team"})}
    if not body.model_fields_set - {"reason"}:
        raise InvalidInput("Nothing is to be changed.", "Name at least one fact besides the reason.")
    for field, value in given.items():
        action(
            actor=request.actor,
            now=timezone.now(),
            field=field,
            value=value,
            reason=body.reason,  # type: ignore[attr-defined]
            **{name: thing},
        )


@teams.router.get("/{namespace}/{name}/edits", response=list[FactEditOut])
def list_team_edits(request: Request, at: At) -> Any:
    """What people set about the team, beside what its source says."""
    return [schemas.edit_of(row) for row in queries.fact_edits(teams.load(request, at))]


@teams.router.delete("/{namespace}/{name}/edits/{field}", response=TeamDetail)
def withdraw_team_edit(request: Request, at: At, field: Word, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a value back, so that the source's own is in force again."""
    team = teams.load(request, at)
    facts.withdraw_edit(actor=request.actor, now=timezone.now(), thing=team, field=field, reason=query.reason)
    return teams.detail(teams.load(request, at))


class MembershipsQuery(Paging):
    ended: bool = Field(False, description="those that have ended, instead of those that hold")


@teams.router.get("/{namespace}/{name}/memberships", response=PageOf[MembershipOut])
def list_memberships(request: Request, at: At, query: Annotated[MembershipsQuery, Query()]) -> Any:
    """Memberships one by one, with the ids by which they are ended."""
    team = teams.load(request, at)
    rows = Membership.objects.filter(team=team, ends__isnull=not query.ended).select_related("person", "source")
    if query.cursor:
        rows = rows.filter(pk__gt=decode_cursor(query.cursor, int)[0])
    page = cut(list(rows.order_by("pk")[: query.limit + 1]), query.limit, lambda row: (row.pk,))
    return page_of(page, [schemas.membership_of(row, team) for row in page.items])


class MembershipIn(Body):
    """`person` is a reference; `starts` may lie in the past, not in the future."""

    person: Word
    role: Literal["member", "lead", "decider", "trusted-committer", "manager"] = "member"
    starts: Moment | None = None
    reason: Reason


@teams.router.post("/{namespace}/{name}/memberships", response={201: MembershipOut})
def start_membership(request: Request, at: At, body: MembershipIn) -> Any:
    """Take a person into a team."""
    team = teams.load(request, at)
    made = memberships.start_membership(
        actor=request.actor,
        now=timezone.now(),
        team=team,
        person=queries.person(request.actor, body.person),
        role=body.role,
        starts=body.starts,
        reason=body.reason,
    )
    return Status(201, schemas.membership_of(made, team))


class EndIn(Body):
    ends: Moment | None = None
    reason: Reason


@router.post("/memberships/{membership_id}/end", response=MembershipOut)
def end_membership(request: Request, membership_id: Id, body: EndIn) -> Any:
    """End a membership; people may leave by themselves."""
    rows = Membership.objects.select_related("team", "person", "source")
    row = rows.filter(pk=membership_id).first()
    if row is None:
        raise NotFound("There is no such membership.")
    memberships.end_membership(
        actor=request.actor, now=timezone.now(), membership=row, ends=body.ends, reason=body.reason
    )
    ended = rows.get(pk=membership_id)
    return schemas.membership_of(ended, ended.team)


class PersonFacts(Body):
    """What is left out stays as it is."""

    display_name: Word = ""
    email: Email = ""
    picture: Address = ""
    time_zone: Zone = ""
    primary_team: Word = Field("", description="reference of a team that the person belongs to")
    reason: Reason


@people.router.patch("/{namespace}/{name}", response=PersonDetail)
def edit_person(request: Request, at: At, body: PersonFacts) -> Any:
    """Set facts of a person; all of them or, where one is refused, none."""
    person = people.load(request, at)
    with transaction.atomic(), guarded(request, person, lambda: schemas.person_detail(people.load(request, at))):
        _edit(request, person, facts.edit_person, "person", body)
        if "primary_team" in body.model_fields_set:
            facts.set_primary_team(
                actor=request.actor,
                now=timezone.now(),
                person=person,
                team=queries.team(request.actor, body.primary_team),
                reason=body.reason,
            )
        return schemas.person_detail(people.load(request, at))


@people.router.get("/{namespace}/{name}/edits", response=list[FactEditOut])
def list_person_edits(request: Request, at: At) -> Any:
    """What was set about the person, beside what its source says."""
    return [schemas.edit_of(row) for row in queries.fact_edits(people.load(request, at))]


@people.router.delete("/{namespace}/{name}/edits/{field}", response=PersonDetail)
def withdraw_person_edit(request: Request, at: At, field: Word, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a value back, so that the source's own is in force again."""
    person = people.load(request, at)
    facts.withdraw_edit(actor=request.actor, now=timezone.now(), thing=person, field=field, reason=query.reason)
    return schemas.person_detail(people.load(request, at))


class IdentityIn(Body):
    """`provider` is a place such as github, gitlab or email."""

    provider: Annotated[Word, Field(min_length=1, max_length=40)]
    value: Annotated[Word, Field(min_length=1, max_length=320)]
    reason: Reason


@people.router.post("/{namespace}/{name}/identities", response={201: IdentityOut})
def add_identity(request: Request, at: At, body: IdentityIn) -> Any:
    """Say under which name a person is known somewhere."""
    made = identities.add_identity(
        actor=request.actor,
        now=timezone.now(),
        person=people.load(request, at),
        provider=body.provider,
        value=body.value,
        reason=body.reason,
    )
    return Status(201, schemas.identity_of(made))


class CorrectIn(Body):
    person: Word = Field(description="reference of the person whose identity it is")
    reason: Reason


@router.post("/identities/{identity_id}/correct", response=IdentityOut)
def correct_identity(request: Request, identity_id: Id, body: CorrectIn) -> Any:
    """Give an identity to the person whose it is; for administrators."""
    identities.correct_identity(
        actor=request.actor,
        now=timezone.now(),
        identity=_identity(identity_id),
        person=queries.person(request.actor, body.person),
        reason=body.reason,
    )
    return schemas.identity_of(_identity(identity_id))


@router.delete("/identities/{identity_id}", response={204: None})
def remove_identity(request: Request, identity_id: Id, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take an identity away."""
    identities.remove_identity(
        actor=request.actor, now=timezone.now(), identity=_identity(identity_id), reason=query.reason
    )
    return Status(204, None)


def _identity(identity_id: int) -> Identity:
    row = Identity.objects.select_related("person", "source").filter(pk=identity_id).first()
    if row is None:
        raise NotFound("There is no such identity.")
    return row
