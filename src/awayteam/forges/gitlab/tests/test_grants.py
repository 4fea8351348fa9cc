"""Members of a GitLab project: given, read back, taken; what is inherited, invited, or in the way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from awayteam.forges.gitlab.grants import GitLabGrants, backstop
from awayteam.forges.gitlab.tests.fake import FakeGitLab
from awayteam.forges.gitlab.tests.test_client import World, quick
from awayteam.forges.port import Account, ForgeError, Held, Level, Wanted

UNTIL = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with FakeGitLab() as fake:
        assert isinstance(fake, FakeGitLab)
        made = World(fake)
        fake.members[made.project].pop(fake.me)
        yield made
        made.client.http.close()


def wanted(world: World, level: Level = Level.WRITE, until: datetime = UNTIL) -> Wanted:
    return Wanted(Account(str(world.grace), "grace"), level, until)


def test_access_is_given_read_back_and_taken(world: World) -> None:
    for _ in range(2):
        world.grants.give(world.place, wanted(world))
    member = world.fake.members[world.project][world.grace]
    assert (member["access_level"], member["expires_at"]) == (30, "2026-07-02")
    assert (len(world.fake.calls("POST", "/members$")), len(world.fake.calls("PUT"))) == (1, 0)
    (held,) = world.grants.held(world.place)
    ends = datetime(2026, 7, 2, tzinfo=UTC)
    assert held == Held(Account(str(world.grace), "grace"), Level.WRITE, ends_at=ends, key="member")
    for _ in range(2):
        world.grants.take(world.place, held)
    assert (world.fake.members[world.project], world.grants.held(world.place)) == ({}, [])


def test_another_level_or_end_is_set_exactly(world: World) -> None:
    world.grants.give(world.place, wanted(world))
    world.grants.give(world.place, wanted(world, Level.READ, datetime.max.replace(tzinfo=UTC)))
    member = world.fake.members[world.project][world.grace]
    assert (member["access_level"], member["expires_at"]) == (20, None)


def test_a_member_who_came_between_our_looking_and_adding_is_set(world: World) -> None:
    world.fake.members[world.project][world.grace] = world.fake._member(world.grace, 10)
    world.fake.fail("status", "GET", "/members/", status=404, json={"message": "404 Not found"})
    world.grants.give(world.place, wanted(world))
    assert world.fake.members[world.project][world.grace]["access_level"] == 30


@pytest.mark.parametrize(
    ("until", "day"),
    [
        (datetime(2026, 6, 30, 17, 0, tzinfo=UTC), "2026-07-02"),
        (datetime(2026, 6, 30, 0, 0, tzinfo=UTC), "2026-07-01"),
        (datetime(2026, 6, 30, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-07-01"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "2027-01-02"),
        (datetime.max.replace(tzinfo=UTC), None),
    ],
)
def test_gitlabs_own_end_comes_a_day_or_more_after_ours(until: datetime, day: str | None) -> None:
    assert backstop(until) == day
    if day is not None:
        late = datetime.fromisoformat(day).replace(tzinfo=UTC) - until
        assert timedelta(days=1) <= late < timedelta(days=2)


def test_what_comes_from_a_group_is_told_and_left(world: World) -> None:
    world.fake.inherit(world.project, world.ken, 50)
    world.fake.inherit(world.project, world.grace, 10)
    world.grants.give(world.place, wanted(world))
    held = world.grants.held(world.place)
    assert [(one.account.login, one.level, one.direct) for one in held] == [
        ("grace", Level.WRITE, True), ("ken", Level.ADMIN, False),
    ]  # fmt: skip
    with pytest.raises(ForgeError, match="group") as error:
        world.grants.take(world.place, held[1])
    assert error.value.final
    assert world.fake.calls("DELETE") == []


def test_less_than_a_group_gives_is_refused_by_gitlab_and_told(world: World) -> None:
    world.fake.inherit(world.project, world.grace, 40)
    with pytest.raises(ForgeError, match="400") as error:
        world.grants.give(world.place, wanted(world))
    assert error.value.final
    assert world.fake.members[world.project] == {}


def test_invitations_by_address_are_told_and_can_be_taken_back(world: World) -> None:
    invited = {"invite_email": "x+y@example.com", "access_level": 30, "created_at": "2026-01-01T00:00:00Z",
               "expires_at": None, "user_name": None, "created_by_name": "Ken"}  # fmt: skip
    world.fake.invitations[world.project] = [invited, {**invited, "invite_email": 7}]
    (held,) = world.grants.held(world.place)
    assert (held.account.login, held.level, held.pending, held.direct) == ("x+y@example.com", Level.WRITE, True, True)
    with pytest.raises(ForgeError, match="not to addresses"):
        world.grants.give(world.place, Wanted(held.account, Level.WRITE, UNTIL))
    for _ in range(2):
        world.grants.take(world.place, held)
    assert [one["invite_email"] for one in world.fake.invitations[world.project]] == [7]


def test_levels_between_ours_and_bots_among_members(world: World) -> None:
    bot = world.fake.user("project_1_bot_ab12", bot=True)
    for user, level in ((world.ada, 15), (world.ken, 0), (world.grace, 45), (bot, 40)):
        world.fake.members[world.project][user] = world.fake._member(user, level)
    found = {one.account.login: (one.level, one.account.is_bot) for one in world.grants.held(world.place)}
    assert found == {
        "ada": (Level.READ, False), "grace": (Level.MAINTAIN, False), "project_1_bot_ab12": (Level.MAINTAIN, True),
    }  # fmt: skip


@pytest.mark.parametrize("how", ["status", "cut", "lost", "late", "twice"])
def test_after_any_fault_the_end_state_is_right(world: World, how: str) -> None:
    grants = GitLabGrants(quick(world.fake))
    for method in ("POST", "DELETE"):
        world.fake.fail(how, method, "/members")
    grants.give(world.place, wanted(world))
    assert world.fake.members[world.project][world.grace]["access_level"] == 30
    grants.take(world.place, Held(Account(str(world.grace), "grace"), Level.WRITE))
    assert world.fake.members[world.project] == {}
    assert not world.fake.faults
