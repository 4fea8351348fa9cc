"""Access as a pure question: against an oracle that is slow and plain, at the edges of days and time zones."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awayteam.engagements.access import FOREVER, WHOLE_TIME, Grants, Interval, Joined, Term, Visit, midnight
from awayteam.engagements.paths import problem, repository_path
from awayteam.sources.ownership.base import Status
from awayteam.sources.ownership.github import GitHub

START = datetime(2026, 3, 27, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Pacific/Apia", "UTC")
NAMES = frozenset({"payments", "https://example.org/shop/payments.git"})
PATTERNS = ("/", "src/", "/src/pay/", "*.py", "docs/*", "**/test/**", "/README.md")
PATHS = ("src/pay/a.py", "src/b.go", "docs/x.md", "docs/deep/x.md", "README.md", "lib/test/t.c", "a/src/q")


def visit(**more: object) -> Visit:
    values: dict[str, object] = {
        "id": 1, "title": "Partial refunds", "zone": "Europe/Berlin",
        "grantings": (Interval(START, START + timedelta(days=10)),),
        "terms": (Term(WHOLE_TIME, ((NAMES, "/src/"),)),),
        "signed": ((START - timedelta(days=3), START - timedelta(days=2)),),
    }  # fmt: skip
    return Visit(**{**values, **more})  # type: ignore[arg-type]


def joined(**more: object) -> Joined:
    values: dict[str, object] = {
        "engagement": 1, "person": 7, "joins_on": date(2026, 3, 20), "joined_at": START - timedelta(days=5),
        "agreed_at": START - timedelta(days=4),
    }  # fmt: skip
    return Joined(**{**values, **more})  # type: ignore[arg-type]


def may(one: Visit, who: Joined, at: datetime, path: str = "src/a.py", repository: str | None = "payments") -> bool:
    return bool(Grants.of([one], [who]).may(7, path, at, repository))


moments = st.integers(-5 * 96, 20 * 96).map(lambda quarters: START + timedelta(minutes=15 * quarters))
maybe = st.none() | moments
days = st.integers(-4, 15).map(lambda number: START.date() + timedelta(days=number))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(moments)
    return Interval(start, start + timedelta(minutes=15 * draw(st.integers(0, 900))))


@st.composite
def visits(draw: st.DrawFn, id: int) -> Visit:
    edges = sorted(draw(st.lists(moments, max_size=2, unique=True)))
    bounds = [WHOLE_TIME.start, *edges, FOREVER]
    patterns = st.lists(st.sampled_from(PATTERNS).map(lambda one: (NAMES, one)), max_size=3).map(tuple)
    terms = tuple(Term(Interval(a, b), draw(patterns)) for a, b in pairwise(bounds))
    signed = [(one, one + timedelta(hours=draw(st.integers(0, 50)))) for one in draw(st.lists(moments, max_size=2))]
    grantings = tuple(draw(st.lists(intervals(), max_size=3)))
    return Visit(id, f"visit {id}", draw(st.sampled_from(ZONES)), grantings, terms, tuple(signed))


@st.composite
def people(draw: st.DrawFn, engagement: int) -> Joined:
    first = draw(days)
    last = draw(st.none() | days.map(lambda day: max(first, day)))
    return Joined(
        engagement, draw(st.sampled_from((7, 8))), first, draw(moments), last, draw(maybe), draw(maybe), draw(maybe),
        draw(maybe), tuple(draw(st.lists(intervals(), max_size=2))),
    )  # fmt: skip


def oracle(all_visits: list[Visit], everybody: list[Joined], person: int, path: str, at: datetime) -> bool:
    return any(_one(one, who, path, at) for one in all_visits for who in everybody if who.engagement == one.id
               and who.person == person)  # fmt: skip


def _one(one: Visit, who: Joined, path: str, at: datetime) -> bool:
    today = at.astimezone(ZoneInfo(one.zone)).date()
    home = [force for written, force in one.signed if written >= who.joined_at]
    home += [who.home_agreed_at] if who.home_agreed_at else []
    terms = [term for term in one.terms if term.during.start <= at < term.during.end]
    patterns = [pattern for term in terms for _names, pattern in term.patterns]
    return (
        any(start <= at < end for start, end in one.grantings)
        and who.joined_at <= at
        and who.joins_on <= today
        and (who.leaves_on is None or today <= who.leaves_on)
        and (who.left_at is None or at < who.left_at)
        and (who.gone_at is None or at < who.gone_at)
        and who.agreed_at is not None
        and who.agreed_at <= at
        and any(one <= at for one in home)
        and not any(start <= at < end for start, end in who.at_home)
        and any(_matches(pattern, path) for pattern in patterns)
    )


def _matches(pattern: str, path: str) -> bool:
    return pattern == "/" or GitHub(f"{pattern} @x\n".encode()).resolve(path).status is Status.OWNED


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Visit], list[Joined]]:
    some = [draw(visits(id)) for id in range(1, draw(st.integers(1, 3)) + 1)]
    return some, [draw(people(draw(st.sampled_from(some)).id)) for _ in range(draw(st.integers(1, 5)))]


@given(worlds(), moments, st.lists(st.sampled_from(PATHS), min_size=1, max_size=4))
@settings(max_examples=400, deadline=None)
def test_access_is_exactly_what_the_oracle_allows(
    world: tuple[list[Visit], list[Joined]], at: datetime, paths: list[str]
) -> None:
    grants = Grants.of(*world)
    for person in (7, 8, 9):
        singly = [grants.may(person, path, at) for path in paths]
        assert [bool(one) for one in singly] == [oracle(*world, person, path, at) for path in paths]
        assert grants.may_many(person, paths, at) == singly
        for path, one in zip(paths, singly, strict=True):
            assert bool(one) == any(each.allowed for each in grants.explain(person, path, at))
            assert one.reason


@given(worlds(), moments, st.sampled_from(PATHS))
@settings(max_examples=400, deadline=None)
def test_access_ends_when_it_says_and_not_before(
    world: tuple[list[Visit], list[Joined]], at: datetime, path: str
) -> None:
    answer = Grants.of(*world).may(7, path, at)
    if answer and answer.until is not None:
        assert not oracle(*world, 7, path, answer.until)
        between = [at + (answer.until - at) * part / 7 for part in range(7)]
        assert all(oracle(*world, 7, path, one) for one in [*between, answer.until - timedelta(microseconds=1)])


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_those_of_the_away_team(zone: str) -> None:
    one, who = visit(zone=zone), joined(joins_on=date(2026, 3, 28), leaves_on=date(2026, 3, 29))
    begin, end = midnight(date(2026, 3, 28), zone), midnight(date(2026, 3, 30), zone)
    second = timedelta(seconds=1)
    assert [may(one, who, at) for at in (begin - second, begin, end - second, end)] == [False, True, True, False]


def test_days_on_which_clocks_change_are_an_hour_shorter_or_longer() -> None:
    def hours(day: date, zone: str) -> float:
        return (midnight(day + timedelta(days=1), zone) - midnight(day, zone)).total_seconds() / 3600

    assert hours(date(2026, 3, 29), "Europe/Berlin") == 23
    assert hours(date(2026, 10, 25), "Europe/Berlin") == 25
    assert hours(date(2026, 4, 24), "Africa/Cairo") == 23  # clocks go forward at midnight: the day begins at one
    assert hours(date(2026, 10, 29), "Africa/Cairo") == 25  # and back at midnight: its last hour comes twice
    assert hours(date(2011, 12, 30), "Pacific/Apia") == 0  # a day that was left out


def test_what_is_missing_is_said() -> None:
    at = START + timedelta(days=1)
    for who, words in (
        (joined(agreed_at=None), "manager"),
        (joined(joined_at=at - timedelta(hours=1)), "home side hasn't agreed"),
        (joined(gone_at=at), "They left"),
        (joined(at_home=(WHOLE_TIME,)), "both sides"),
        (joined(leaves_on=date(2026, 3, 27)), "until 2026-03-27 23:00 UTC"),
        (joined(joins_on=date(2026, 4, 2)), "2026-04-02"),
    ):
        answer = Grants.of([visit()], [who]).may(7, "src/a.py", at)
        assert not answer
        assert words in answer.reason, answer
        assert answer.engagement == 1


def test_a_word_of_the_home_side_lets_somebody_in_who_came_later() -> None:
    at = START + timedelta(days=1)
    assert may(visit(), joined(joined_at=START, home_agreed_at=at), at)
    assert not may(visit(), joined(joined_at=START, home_agreed_at=at), at - timedelta(seconds=1))


def test_repositories_are_known_by_any_of_their_names() -> None:
    at = START + timedelta(days=1)
    for name, expected in (
        ("payments", True), ("Payments.git", True), ("https://example.org/shop/payments/", True), ("orders", False)
    ):  # fmt: skip
        assert may(visit(), joined(), at, repository=name) is expected
    assert may(visit(), joined(), at, repository=None)


@pytest.mark.parametrize("path", ["", "src/../../etc/passwd", "..", "src//a.py", "src/./a", "a\0b", "src/..", "/"])
def test_no_path_leads_out_of_a_scope(path: str) -> None:
    assert repository_path(path) is None
    grants, at = Grants.of([visit()], [joined()]), START + timedelta(days=1)
    assert not grants.may(7, path, at)
    assert not grants.may_many(7, [path, "src/a.py"], at)[0]
    assert grants.may_many(7, [path, "src/a.py"], at)[1]


def test_paths_may_be_written_with_what_git_leaves_out() -> None:
    assert [repository_path(one) for one in ("/src/a", "./src/a", "src/a", "src/.a./b.")] == [
        "src/a", "src/a", "src/a", "src/.a./b."
    ]  # fmt: skip


def test_a_pattern_that_says_nothing_is_refused_with_a_reason() -> None:
    assert [bool(problem(one)) for one in ("/", "src/", "*.py", "", "!src", "a***b", "x" * 2000, "a\nb")] == [
        False, False, False, True, True, True, True, True
    ]  # fmt: skip


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Grants.of([visit()], [joined()]).may(7, "src/a.py", datetime(2026, 3, 28))  # noqa: DTZ001


def test_what_ends_soon_is_known_before() -> None:
    end = START + timedelta(days=10)
    grants = Grants.of([visit()], [joined(), joined(person=8, left_at=START + timedelta(days=2))])
    assert grants.ending(START + timedelta(days=8), end) == [(7, visit(), end)]
    assert [one[0] for one in grants.ending(START, end)] == [8, 7]
    assert grants.ending(START, START + timedelta(days=1)) == []
