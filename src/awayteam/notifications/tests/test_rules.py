"""When things leave: quiet hours, digests and folding, in every time zone and across changes of the clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.notifications.rules import (
    DEFAULTS,
    Channel,
    Group,
    Level,
    Waiting,
    When,
    Wishes,
    due,
    messages,
    next_digest,
    quiet_until,
    reach,
)

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Havana",
]
MINUTE = timedelta(minutes=1)
calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

START = datetime(2011, 12, 20, tzinfo=UTC)  # a few days before Samoa left out one of them
moments = st.integers(0, 16 * 366 * 1440).map(lambda minutes: START + minutes * MINUTE)
hours = st.times().map(lambda at: f"{at.hour:02}:{at.minute:02}")


@st.composite
def wishes(draw: st.DrawFn) -> Wishes:
    return Wishes(
        zone=draw(st.sampled_from(ZONES)),
        channels=frozenset(Channel),
        quiet=draw(st.none() | st.tuples(hours, hours)),
        quiet_days=frozenset(draw(st.lists(st.integers(0, 6), max_size=6))),
        urgent_in_quiet=draw(st.booleans()),
        digest_time=draw(hours),
        digest_weekday=draw(st.integers(0, 6)),
    )


def is_quiet(wish: Wishes, moment: datetime) -> bool:
    return quiet_until(wish, moment) != moment


@calm
@given(wishes(), moments)
def test_what_is_held_leaves_at_the_first_moment_that_is_not_quiet(wish: Wishes, now: datetime) -> None:
    end = quiet_until(wish, now)
    assert end >= now
    assert quiet_until(wish, end) == end
    assert end - now < timedelta(days=9)
    if end > now:
        for moment in (now + (end - now) / 2, end - MINUTE):
            if moment > now:
                assert quiet_until(wish, moment) == end


@calm
@given(wishes(), moments)
def test_quiet_hours_follow_the_wall_clock(wish: Wishes, now: datetime) -> None:
    local = now.astimezone(ZoneInfo(wish.zone))
    day_after = (now + timedelta(days=1)).astimezone(ZoneInfo(wish.zone))
    day_before = (now - timedelta(days=1)).astimezone(ZoneInfo(wish.zone))
    if len({local.utcoffset(), day_after.utcoffset(), day_before.utcoffset()}) > 1:
        return  # the property below is that of ordinary days; those of the change have tests of their own
    shown = f"{local.hour:02}:{local.minute:02}"
    quiet = local.weekday() in wish.quiet_days
    if wish.quiet is not None and wish.quiet[0] != wish.quiet[1]:
        start, end = wish.quiet
        quiet = quiet or (start <= shown < end if start < end else shown >= start or shown < end)
    assert is_quiet(wish, now) is quiet


@calm
@given(wishes(), moments, st.sampled_from([When.DAILY, When.WEEKLY]))
def test_a_digest_comes_once_a_day_or_week_at_its_time(wish: Wishes, now: datetime, when: When) -> None:
    first = next_digest(wish, when, now)
    second = next_digest(wish, when, first)
    assert now < first < second
    assert first - now <= timedelta(days=1 if when is When.DAILY else 7, hours=2 if wish.zone != "Pacific/Apia" else 26)
    local = first.astimezone(ZoneInfo(wish.zone))
    shown = f"{local.hour:02}:{local.minute:02}"
    if shown != wish.digest_time:  # jumped over: then it is the moment after the jump
        wanted = datetime.combine(local.date(), time.fromisoformat(wish.digest_time), ZoneInfo(wish.zone))
        back = wanted.astimezone(UTC).astimezone(ZoneInfo(wish.zone))
        assert back.replace(tzinfo=None) != wanted.replace(tzinfo=None) or wish.zone == "Pacific/Apia"
    days = (second.astimezone(ZoneInfo(wish.zone)).date() - local.date()).days
    assert days == (1 if when is When.DAILY else 7) or wish.zone == "Pacific/Apia"


@calm
@given(wishes(), moments, st.sampled_from(list(When)), st.booleans(), st.integers(0, 60))
def test_nothing_leaves_in_quiet_hours_unless_the_person_says_so(
    wish: Wishes, now: datetime, when: When, urgent: bool, gather: int
) -> None:
    at = due(wish, when, now, urgent=urgent, gather_seconds=gather)
    if when is When.NEVER:
        assert at is None
        return
    assert at is not None
    assert at >= now
    if when is When.AT_ONCE and urgent and wish.urgent_in_quiet:
        assert at == now
    else:
        assert not is_quiet(wish, at)


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("quiet", "now", "end"),
    [
        # 29 March 2026: 02:00 becomes 03:00; a quiet end at 02:30 is the moment after the jump
        (("22:00", "02:30"), datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # 25 October 2026: 03:00 becomes 02:00; a quiet end at 02:30 is its first showing, and it isn't quiet again
        (("22:00", "02:30"), datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (("22:00", "02:30"), datetime(2026, 10, 25, 1, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)),
        (("22:00", "07:00"), datetime(2026, 10, 24, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
        (("22:00", "07:00"), datetime(2026, 3, 28, 21, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_on_days_whose_clock_changes(quiet: tuple[str, str], now: datetime, end: datetime) -> None:
    assert quiet_until(Wishes(zone=BERLIN, quiet=quiet), now) == end


def test_a_quiet_weekend_joins_the_nights_around_it() -> None:
    wish = Wishes(zone=BERLIN, quiet=("20:00", "07:30"), quiet_days=frozenset({5, 6}))
    friday = datetime(2026, 3, 6, 20, 30, tzinfo=UTC)
    assert quiet_until(wish, friday) == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
    assert due(wish, When.DAILY, friday) == datetime(2026, 3, 9, 7, 30, tzinfo=UTC) - timedelta(hours=1)


def test_the_digest_time_across_the_change_of_the_clock() -> None:
    wish = Wishes(zone=BERLIN, digest_time="08:30")
    moments = [datetime(2026, 3, 27, 12, tzinfo=UTC)]
    for _ in range(3):
        moments.append(next_digest(wish, When.DAILY, moments[-1]))
    assert [f"{at:%d %H:%M}" for at in moments[1:]] == ["28 07:30", "29 06:30", "30 06:30"]


@calm
@given(
    st.lists(
        st.builds(
            Waiting,
            st.integers(1, 10_000),
            st.tuples(st.just("request"), st.integers(1, 3)),
            st.sampled_from([When.AT_ONCE, When.DAILY, When.WEEKLY]),
        ),
        unique_by=lambda one: one.id,
    ),
    st.integers(1, 5),
)
def test_everything_leaves_in_exactly_one_message(waiting: list[Waiting], fold_after: int) -> None:
    made = messages(waiting, fold_after)
    assert sorted(one.id for many in made for one in many) == sorted(one.id for one in waiting)
    for many in made:
        assert len({one.when for one in many}) == 1
        if many[0].when is When.AT_ONCE:
            assert len({one.subject for one in many}) == 1
            assert len(many) == 1 or len(many) > fold_after
    alone = [many[0].subject for many in made if many[0].when is When.AT_ONCE and len(many) == 1]
    assert all(alone.count(subject) <= fold_after for subject in alone)
    assert sum(many[0].when is When.DAILY for many in made) <= 1


people = st.sets(st.integers(1, 6))


@calm
@given(
    people,
    st.sampled_from(list(Group)),
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 2))),
    st.dictionaries(st.tuples(st.integers(1, 6), st.integers(1, 2)), st.sampled_from(list(Level))),
    st.dictionaries(st.integers(1, 6), st.sampled_from(list(Level))),
)
def test_who_is_named_is_told_and_who_wants_nothing_is_not(
    named: set[int],
    group: Group,
    members: set[tuple[int, int]],
    team_levels: dict[tuple[int, int], Level],
    levels: dict[int, Level],
) -> None:
    told = reach(named=named, group=group, members=members, team_levels=team_levels, levels=levels)
    assert all(told[person] is group for person in named)
    assert set(told) <= named | {person for person, _team in members} | set(levels)
    for person in set(told) - named:
        assert levels.get(person) is not Level.MUTED
        mine = {pair for pair in members if pair[0] == person}
        assert levels.get(person) is Level.ALL or any(team_levels.get(pair) is not Level.MUTED for pair in mine)


def test_a_channel_without_address_is_never_used() -> None:
    none = Wishes(choices={"email": {"turn": "daily"}})
    assert {none.when(channel, group) for channel in Channel for group in Group} == {When.NEVER}
    some = Wishes(channels=frozenset({Channel.EMAIL}), choices={"email": {"turn": "daily"}})
    assert some.when(Channel.EMAIL, Group.TURN) is When.DAILY
    assert some.when(Channel.EMAIL, Group.MENTION) is DEFAULTS[Channel.EMAIL][Group.MENTION]
    assert due(some, When.NEVER, datetime(2026, 1, 1, tzinfo=UTC)) is None
