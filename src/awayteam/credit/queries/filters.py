"""Which part of the ledger is asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from awayteam.credit.models import EntryUnit
from awayteam.credit.rules import Kind
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person, Team

DEFAULT_DAYS = 365


@dataclass(frozen=True, slots=True)
class CreditFilter:
    """`team` is a team, or a unit with what was below it at that time; days are whole ones of the organisation's zone.

    `withdrawn`: with entries that were withdrawn; they never count in totals.
    """

    since: date
    until: date
    team: Team | None = None
    person: Person | None = None
    kind: Kind | None = None
    withdrawn: bool = False

    @property
    def condition(self) -> Q:
        zone = ZoneInfo(rulebook.current().calendar.time_zone)
        start = datetime.combine(self.since, time(), zone).astimezone(UTC)
        end = datetime.combine(self.until + timedelta(days=1), time(), zone).astimezone(UTC)
        found = Q(at__gte=start, at__lt=end)
        if self.team is not None:
            found &= of_team(self.team)
        if self.person is not None:
            found &= Q(person=self.person)
        if self.kind is not None:
            found &= Q(kind=self.kind.value)
        return found if self.withdrawn else found & Q(withdrawn_at__isnull=True)


def of_team(team: Team) -> Q:
    """Entries of the team, and of those that stood below it when they were earned."""
    if not team.is_unit:
        return Q(team=team)
    return Q(team=team) | Q(Exists(EntryUnit.objects.filter(entry=OuterRef("pk"), unit=team)))


def filter_of(
    actor: Actor, now: datetime, *, team: str = "", person: str = "", kind: str = "", since: str = "",
    until: str = "", withdrawn: bool = False,
) -> CreditFilter:  # fmt: skip
    """The filter that words mean; without days the last year. Raises `InvalidInput`, `NotFound`."""
    today = now.astimezone(ZoneInfo(rulebook.current().calendar.time_zone)).date()
    last = _day("until", until) if until else today
    first = _day("since", since) if since else last - timedelta(days=DEFAULT_DAYS)
    if first > last:
        raise InvalidInput("The first day lies after the last.", "Swap them.", {"since": "after the last day"})
    if kind and kind not in set(Kind):
        raise InvalidInput(f"There is no kind {kind[:40]!r}.", f"Use one of {', '.join(Kind)}.", {"kind": "unknown"})
    return CreditFilter(
        first, last, organisation.team(actor, team) if team else None,
        organisation.person(actor, person) if person else None, Kind(kind) if kind else None, withdrawn,
    )  # fmt: skip


def _day(name: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 1970 < found.year < 9000:
        raise InvalidInput(f"{text[:40]!r} is no date.", "Write it as 2026-01-31.", {name: "no date"})
    return found
