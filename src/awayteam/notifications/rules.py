"""Who is told, as what, and when it leaves: pure functions over plain values.

Times of day are those of the wall clock in the person's time zone, on days whose clock changes too: a time that is
jumped over counts as the moment after the jump, one that is shown twice as its first showing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from awayteam.kernel.businesstime import first_shown, minute_of_day

DAY = timedelta(days=1)


class Group(StrEnum):
    """Why somebody is told. The order is that of weight: who is reached in several ways is told once, as the first."""

    TURN = "turn"
    MENTION = "mention"
    MOVED = "moved"
    SUBSCRIPTION = "subscription"


GROUP_WORDS = {
    Group.TURN: "Your turn, and answers to you",
    Group.MENTION: "Mentions of you or your team",
    Group.MOVED: "What moved for your teams",
    Group.SUBSCRIPTION: "What you follow",
}


class Channel(StrEnum):
    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"


class When(StrEnum):
    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Level(StrEnum):
    """How much somebody hears of a subject or a team: everything; their own turn and mentions only; of a subject
    nothing but what names them, of a team nothing."""

    ALL = "all"
    TURNS = "turns"
    MUTED = "muted"


DEFAULTS: Mapping[Channel, Mapping[Group, When]] = {
    Channel.EMAIL: {
        Group.TURN: When.AT_ONCE,
        Group.MENTION: When.AT_ONCE,
        Group.MOVED: When.DAILY,
        Group.SUBSCRIPTION: When.DAILY,
    },
    Channel.SLACK: {
        Group.TURN: When.AT_ONCE,
        Group.MENTION: When.AT_ONCE,
        Group.MOVED: When.NEVER,
        Group.SUBSCRIPTION: When.NEVER,
    },
    Channel.WEBHOOK: dict.fromkeys(Group, When.AT_ONCE),
}
"""What counts where a person hasn't chosen; a channel without an address is never used."""


def reach(
    *,
    named: Iterable[int],
    group: Group,
    members: Iterable[tuple[int, int]],
    team_levels: Mapping[tuple[int, int], Level],
    levels: Mapping[int, Level],
) -> dict[int, Group]:
    """Who is told, and as what.

    `named` are the persons meant, in `group`; `members` are (person, team) of the teams that are told; `team_levels`
    what a (person, team) wants to hear of the team, `levels` what persons want to hear of the subject. Those who follow
    the subject hear of it too. Who muted the subject hears only what names them.
    """
    told: dict[int, Group] = {}
    as_team = Group.MENTION if group is Group.MENTION else Group.MOVED
    for person, team in members:
        level = team_levels.get((person, team), Level.ALL)
        if level is Level.ALL or (level is Level.TURNS and group in {Group.TURN, Group.MENTION}):
            told[person] = as_team
    for person, level in levels.items():
        if level is Level.ALL:
            told.setdefault(person, Group.SUBSCRIPTION)
        elif level is Level.MUTED or group not in {Group.TURN, Group.MENTION}:
            told.pop(person, None)
    told.update(dict.fromkeys(named, group))
    return told


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one person wishes to be told. `quiet` is start and end of the quiet hours, None for none; `channels` are
    those that have an address."""

    zone: str = "UTC"
    channels: frozenset[Channel] = frozenset()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    quiet: tuple[str, str] | None = None
    quiet_days: frozenset[int] = frozenset()
    urgent_in_quiet: bool = False
    digest_time: str = "08:30"
    digest_weekday: int = 0

    def chosen(self, channel: Channel, group: Group) -> When:
        """The choice, or the default where there is none, whether or not the channel has an address."""
        chosen = self.choices.get(channel, {}).get(group)
        return When(chosen) if chosen else DEFAULTS[channel][group]

    def when(self, channel: Channel, group: Group) -> When:
        """The choice in force; NEVER where the channel has no address."""
        return self.chosen(channel, group) if channel in self.channels else When.NEVER


def due(wishes: Wishes, when: When, now: datetime, *, urgent: bool = False, gather_seconds: int = 0) -> datetime | None:
    """The moment (UTC) from which it may leave, or None for never.

    What leaves at once waits `gather_seconds`, so that what comes together leaves together, unless it is urgent.
    """
    if when is When.NEVER:
        return None
    if when is When.AT_ONCE:
        moment = now if urgent else now + timedelta(seconds=gather_seconds)
        return moment.astimezone(UTC) if urgent and wishes.urgent_in_quiet else quiet_until(wishes, moment)
    return quiet_until(wishes, next_digest(wishes, when, now))


def next_digest(wishes: Wishes, when: When, now: datetime) -> datetime:
    """The first moment (UTC) after `now` at which the daily or weekly digest is due."""
    zone = ZoneInfo(wishes.zone)
    day = now.astimezone(zone).date() - DAY
    for number in range(10):
        one = day + number * DAY
        if when is When.WEEKLY and one.weekday() != wishes.digest_weekday:
            continue
        moment = _moment(zone, one, minute_of_day(wishes.digest_time))
        if moment > now:
            return moment
    raise AssertionError("unreachable: ten days hold every weekday")


def quiet_until(wishes: Wishes, moment: datetime) -> datetime:
    """`moment` itself where nothing is quiet, else the end of the quiet hours and days that it lies in (UTC)."""
    at = moment.astimezone(UTC)
    if wishes.quiet is None and not wishes.quiet_days:
        return at
    first = moment.astimezone(ZoneInfo(wishes.zone)).date() - DAY
    for start, end in sorted(span for number in range(12) for span in _quiet_spans(wishes, first + number * DAY)):
        if start <= at < end:
            at = end
    return at


def _quiet_spans(wishes: Wishes, day: date) -> Iterable[tuple[datetime, datetime]]:
    """The quiet hours that begin on `day`, and the day itself if it is quiet."""
    zone = ZoneInfo(wishes.zone)
    if day.weekday() in wishes.quiet_days:
        yield _moment(zone, day, 0), _moment(zone, day + DAY, 0)
    if wishes.quiet is not None:
        start, end = map(minute_of_day, wishes.quiet)
        if start != end:
            yield _moment(zone, day, start), _moment(zone, day if end > start else day + DAY, end)


def _moment(zone: ZoneInfo, day: date, minute: int) -> datetime:
    return datetime.fromtimestamp(first_shown(zone, day, minute), UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that is to leave now: which sending, of which subject, by which choice."""

    id: int
    subject: tuple[str, int]
    when: When


def messages(waiting: Collection[Waiting], fold_after: int) -> list[list[Waiting]]:
    """What leaves together, in the order of ids.

    Of what leaves at once each is a message of its own, but of one subject more than `fold_after` are one; everything
    of a digest is one.
    """
    made: list[list[Waiting]] = []
    by_subject: dict[tuple[str, int], list[Waiting]] = {}
    digests: dict[When, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda one: one.id):
        if one.when is When.AT_ONCE:
            by_subject.setdefault(one.subject, []).append(one)
        else:
            digests.setdefault(one.when, []).append(one)
    for alike in by_subject.values():
        made += [alike] if len(alike) > fold_after else [[one] for one in alike]
    return sorted([*made, *digests.values()], key=lambda some: some[0].id)
