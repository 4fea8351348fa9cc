"""The people of a visit: who agrees to their share of time, and how much of it is promised already. Reads only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from awayteam.accounts.models import User
from awayteam.engagements.machine import LIVE
from awayteam.engagements.models import Engagement, Member
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Membership, Person, Role
from awayteam.organisation.queries.dates import dated
from awayteam.organisation.queries.tree import above

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Promise:
    """A share of somebody's time in percent, from a day until a day (both included; None: no end is known)."""

    engagement: int
    title: str
    share: int
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Load:
    """What is promised of one person's time while a place lasts: at most `share` percent at a time, by `promises`."""

    share: int
    promises: tuple[Promise, ...]

    @property
    def too_much(self) -> bool:
        return self.share > WHOLE


def managers_of(person: Person, now: datetime) -> list[int]:
    """Who agrees to a share of somebody's time: their manager; else who leads or manages their teams, else above.

    Never themselves. Empty where nobody is known; then administrators do.
    """
    if person.manager_id is not None and _here([person.manager_id], now):
        return [person.manager_id]
    own = Membership.objects.filter(dated(now), person=person).select_related("team__parent").order_by("pk")
    teams = {one.team_id: one.team for one in own if one.team.dissolved_at is None}
    chains = [[team, *above(team)] for team in teams.values()]
    for role in (Role.LEAD, Role.MANAGER):
        if found := _holding(teams, role, person, now):
            return found
    for unit in (one for chain in chains for one in chain[1:]):
        if found := _holding([unit.pk], Role.MANAGER, person, now) or _holding([unit.pk], Role.LEAD, person, now):
            return found
    return []


def _holding(teams: Iterable[int], role: str, person: Person, now: datetime) -> list[int]:
    rows = Membership.objects.filter(dated(now), team__in=list(teams), role=role).exclude(person=person)
    return _here(rows.values_list("person_id", flat=True), now)


def _here(persons: Iterable[int], now: datetime) -> list[int]:
    gone = Q(left_at__isnull=True) | Q(left_at__gt=now)
    return sorted(Person.objects.filter(gone, pk__in=list(persons)).values_list("pk", flat=True))


def administrators() -> list[int]:
    """The people who agree where no manager is known."""
    rows = User.objects.filter(is_superuser=True, is_active=True, person__isnull=False)
    return sorted(rows.values_list("person_id", flat=True))


def agrees(actor: Actor, person: Person, now: datetime) -> Decision:
    """Whether the actor may agree to a share of this person's time."""
    if not actor.may_write or actor.person_id is None:
        return Decision(False, "Only people agree, with the right to write.", "person")
    managers = managers_of(person, now)
    if actor.person_id in managers:
        return Decision(True, f"You decide about {person}'s time.", "manager")
    if actor.person_id == person.pk:
        return Decision(False, "Your manager agrees to your share of time, not you.", "own-time")
    if set(actor.manages) & set(_teams_of(person, now)):
        return Decision(True, f"You manage a unit above {person}.", "manager-above")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, f"Only {person}'s manager agrees to a share of their time.", "manager")


def _teams_of(person: Person, now: datetime) -> list[int]:
    return list(Membership.objects.filter(dated(now), person=person).values_list("team_id", flat=True))


def load_of(person: Person, starts: date, ends: date | None, *, plus: int = 0, without: Collection[int] = ()) -> Load:
    """The most that is promised of somebody's time on one day between `starts` and `ends`, `plus` a new share.

    Counted are places in engagements that aren't over, agreed or not; `without` are places (ids) that don't count.
    """
    states = [state.value for state in LIVE]
    rows = Member.objects.filter(person=person, left_at__isnull=True, engagement__state__in=states)
    found = [
        Promise(one.engagement_id, one.engagement.title, one.share, one.joins_on, one.leaves_on or last_day(one))
        for one in rows.exclude(pk__in=list(without)).select_related("engagement").order_by("pk")
    ]
    meeting = [one for one in found if _meets(one, starts, ends)]
    days = [starts, *(one.starts for one in meeting if one.starts > starts)]
    most = max(sum(one.share for one in meeting if _covers(one, day)) for day in days)
    return Load(most + plus, tuple(meeting))


def last_day(member: Member) -> date | None:
    """The day after which a member's place is over by itself."""
    engagement: Engagement = member.engagement
    return member.leaves_on or engagement.ends_on


def _covers(one: Promise, day: date) -> bool:
    return one.starts <= day and (one.ends is None or day <= one.ends)


def _meets(one: Promise, starts: date, ends: date | None) -> bool:
    return (one.ends is None or one.ends >= starts) and (ends is None or one.starts <= ends)


def warning(person: Person, load: Load) -> str:
    """What a manager should know before they agree; "" where all fits."""
    if not load.too_much:
        return ""
    others: Sequence[str] = [f"{one.share}% in {one.title}" for one in load.promises]
    return f"With this, {load.share}% of {person}'s time is promised at once ({', '.join(others)})."
