"""What the rules need to know beside an event, read for many events at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.db.models import Q

from awayteam.credit.rules import Guest, Happened, Stay, Visit, team_of
from awayteam.engagements.models import Engagement, Granting, Member
from awayteam.kernel.models import Event
from awayteam.organisation.models import Membership


def happened(event: Event) -> Happened:
    return Happened(
        event.pk, event.name, event.at, event.subject_kind, event.subject_id, event.subject_label,
        event.actor_person_id, event.data,
    )  # fmt: skip


class People:
    """In which teams people were, read once for all who are asked about."""

    def __init__(self, persons: Iterable[int]) -> None:
        self.stays: dict[int, list[Stay]] = defaultdict(list)
        rows = Membership.objects.filter(person__in=set(persons), team__is_unit=False).order_by("pk")
        for person, team, starts, ends in rows.values_list("person_id", "team_id", "starts", "ends"):
            self.stays[person].append(Stay(team, starts, ends))

    def team(self, person: int | None, at: datetime, preferred: Collection[int] = ()) -> int | None:
        """The team in whose name they had credit at that time; None for those of no team."""
        return team_of(self.stays.get(person, ()), at, preferred) if person is not None else None


def visits(asked: Q) -> dict[int, Visit]:
    """Engagements with accepted handovers and those who worked in them, by id; four statements.

    Work counts until the handover was accepted, and members as the list was then.
    """
    rows = list(Engagement.objects.filter(asked, accepted_at__isnull=False))
    ids = [row.pk for row in rows]
    worked: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    grantings = Granting.objects.filter(engagement__in=ids).order_by("starts_at", "pk")
    for engagement, start, end in grantings.values_list("engagement_id", "starts_at", "ends_at"):
        worked[engagement].append((start, end))
    members: dict[int, list[Member]] = defaultdict(list)
    for member in Member.objects.filter(engagement__in=ids).order_by("pk"):
        members[member.engagement_id].append(member)
    people = People(member.person_id for some in members.values() for member in some)
    return {row.pk: _visit(row, worked[row.pk], members[row.pk], people) for row in rows}


def _visit(
    row: Engagement, worked: list[tuple[datetime, datetime | None]], members: list[Member], people: People
) -> Visit:
    until = row.accepted_at
    assert until is not None
    return Visit(
        id=row.pk,
        label=row.title[:300],
        home_team=row.home_team_id,
        away_team=row.away_team_id,
        worked=[(start, min(end or until, until)) for start, end in worked if start < until],
        guests=[_guest(one, row, people, until) for one in members if one.joined_at <= until],
        accepted_at=until,
    )


def _guest(member: Member, row: Engagement, people: People, until: datetime) -> Guest:
    left = member.left_at.astimezone(UTC).date() if member.left_at and member.left_at < until else None
    leaves = min((day for day in (member.leaves_on, left) if day is not None), default=None)
    team = people.team(member.person_id, until, (row.away_team_id,))
    return Guest(member.person_id, member.joins_on, leaves, team)
