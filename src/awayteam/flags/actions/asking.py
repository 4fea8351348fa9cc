"""Flags that decide nothing any more: their team is asked whether they may go, with a clock."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from awayteam.flags.actions.common import hold, subject, touch
from awayteam.flags.models import Flag, Setting
from awayteam.flags.rules import stale
from awayteam.kernel import clocks, events, rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Clock, ClockState
from awayteam.organisation.models import Membership, Role, Team
from awayteam.organisation.queries import above, dated
from awayteam.organisation.rules import require_reason

CLOCK = "flag.stale"
AT_ONCE = 200


def ask_about_stale(now: datetime) -> int:
    """Ask the teams of flags that became stale; returns how many were asked about."""
    return sum(_ask(flag, why, now) for flag, why in list(found_stale(now))[:AT_ONCE])


def found_stale(now: datetime) -> Iterable[tuple[Flag, str]]:
    """The flags that nobody was asked about and that are stale, with the reason; two statements."""
    today, days = now.date(), rulebook.current().flags.stale_days
    open_ones = Flag.objects.filter(archived_at=None, asked_at=None)
    rows = list(open_ones.filter(Q(kept_until=None) | Q(kept_until__lte=today)).order_by("pk"))
    since = unmoved_since([row.pk for row in rows])
    for row in rows:
        if why := stale(row.purpose, row.remove_on, row.kept_until, since.get(row.pk), today, days):
            yield row, why


def unmoved_since(flags: list[int]) -> dict[int, date]:
    """Since when every environment has given everybody the same variant, for those flags of which that is true."""
    found: dict[int, list[tuple[str, datetime]]] = {}
    rows = Setting.objects.filter(flag__in=flags).values_list(
        "flag_id", "everybody", "since", "killed_at", "killed_variant"
    )
    for flag, only, since, killed_at, killed in rows:
        found.setdefault(flag, []).append((killed if killed_at is not None else only, since))
    return {
        flag: max(since for _only, since in settings).date()
        for flag, settings in found.items()
        if all(only for only, _since in settings)
    }


def _ask(flag: Flag, why: str, now: datetime) -> int:
    with transaction.atomic():
        rows = Flag.objects.select_for_update(of=("self",), skip_locked=True).select_related("owner")
        row = rows.filter(pk=flag.pk, archived_at=None, asked_at=None).first()
        if row is None:
            return 0
        touch(row, now, asked_at=now, asked_why=why)
        _start(row, row.owner, None, now)
        events.append(EventName.FLAG_ASKED, subject=subject(row), actor=SYSTEM, now=now, reason=why)
    return 1


def _start(row: Flag, team: Team, person: int | None, now: datetime) -> None:
    clocks.start(
        CLOCK, subject=subject(row), minutes=rulebook.current().flags.ask_minutes,
        calendar=clocks.calendar_of(team.calendar, team.time_zone), actor=SYSTEM, now=now, turn_person_id=person,
        turn_team_id=team.pk, data={"version": row.asked_at.isoformat() if row.asked_at else ""},
    )  # fmt: skip


def expire_question(clock: Clock, now: datetime) -> None:
    """The team was silent: its lead is asked, then managers above, one after another; at the top the last once more."""
    row = Flag.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=clock.subject_id).first()
    if row is None or row.asked_at is None or clock.data.get("version") != row.asked_at.isoformat():
        return
    chain = _chain(row.owner, now)
    asked = [person for person, _team in chain]
    place = asked.index(clock.turn_person_id) + 1 if clock.turn_person_id in asked else 0
    person, team = chain[min(place, len(chain) - 1)] if chain else (None, row.owner)
    _start(row, team, person, now)
    why = "Nobody has said whether this flag may go; the next above is asked."
    events.append(EventName.FLAG_ASKED, subject=subject(row), actor=SYSTEM, now=now, reason=why)


def _chain(owner: Team, now: datetime) -> list[tuple[int, Team]]:
    """Leads of the team, then managers of it and of the units above, with the team or unit; nobody twice."""
    places = [(owner, Role.LEAD), (owner, Role.MANAGER), *((unit, Role.MANAGER) for unit in above(owner))]
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now)
    held = Membership.objects.filter(dated(now), here, team__in={team.pk for team, _role in places})
    roles = {(team, role): person for team, role, person in held.values_list("team_id", "role", "person_id")}
    found: dict[int, Team] = {}
    for team, role in places:
        person = roles.get((team.pk, role.value))
        if person is not None:
            found.setdefault(person, team)
    return list(found.items())


def remind_question(clock: Clock, now: datetime) -> None:
    """Home shows the turn with its clock; there is nothing else to do."""


def keep(flag: Flag, until: date, *, actor: Actor, now: datetime, reason: str, version: int | None = None) -> Flag:
    """Say why a flag stays, and until when nobody asks again. Raises `NotAllowed`, `InvalidInput`, `Conflict`."""
    require_reason(reason)
    most = rulebook.current().flags.keep_days_max
    if not now.date() < until <= now.date() + timedelta(days=most):
        what = f"lies from tomorrow to {most} days ahead"
        raise InvalidInput(f"The date until which a flag is kept {what}.", "Choose another.", {"until": what})
    with transaction.atomic():
        row = hold(flag, actor=actor, now=now, version=version)
        stop_asking(row, actor=actor, now=now)
        changes: dict[str, object] = {"kept_until": until, "asked_at": None, "asked_why": ""}
        if row.remove_on is not None and row.remove_on < until:
            changes["remove_on"] = until
        before = {name: getattr(row, name) for name in ("kept_until", "remove_on")}
        touch(row, now, **changes)
        told = {name: (_date(old), _date(getattr(row, name))) for name, old in before.items()}
        events.append(EventName.FLAG_KEPT, subject=subject(row), actor=actor, now=now, reason=reason, changes=told)
    return row


def _date(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def stop_asking(row: Flag, *, actor: Actor, now: datetime) -> None:
    """Stop the clocks of a question; one that a worker holds finds that it is stale."""
    mine = Clock.objects.select_for_update(skip_locked=True).filter(subject_kind="flag", subject_id=row.pk, kind=CLOCK)
    for clock in mine.filter(state__in=[ClockState.RUNNING, ClockState.PAUSED]):
        clocks.stop(clock, actor=actor, now=now)
