"""The client against our Gitea: names and ids, answers that are cut short or late, faults."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.forges.gitea.client import GiteaClient
from awayteam.forges.gitea.grants import GiteaGrants
from awayteam.forges.gitea.kind import connect
from awayteam.forges.gitea.tests.fake import START, TOKEN, FakeGitea
from awayteam.forges.http import Fixed, Http, Terms
from awayteam.forges.port import (
    Account,
    ChangeHeard,
    CheckRun,
    Colour,
    Directory,
    ForgeError,
    Held,
    Level,
    Notice,
    Place,
    Settings,
    Stand,
    Wanted,
)
from awayteam.gate.change import Said

UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


class World:
    """A repository with a pull request of ada's, and a client."""

    def __init__(self, fake: FakeGitea) -> None:
        self.fake = fake
        self.ada, self.grace = (fake.user(name) for name in ("ada", "grace"))
        self.shop = fake.user("shop")
        self.repo = fake.repo(self.shop, "orders")
        self.place = Place(str(self.repo), "shop/orders")
        self.one = fake.pull(self.repo, self.ada)
        client, grants = connect(Settings(fake.address, {"token": TOKEN}, allow_private=True))
        assert isinstance(client, GiteaClient)
        assert isinstance(grants, GiteaGrants)
        self.client, self.grants = client, grants

    @property
    def change(self) -> ChangeHeard:
        return self.client.change(self.place, self.one.number)

    def account(self, user: int) -> Account:
        return Account(str(user), str(self.fake.users[user]["login"]))


@pytest.fixture
def world() -> Iterator[World]:
    with FakeGitea() as fake:
        assert isinstance(fake, FakeGitea)
        made = World(fake)
        yield made
        made.client.http.close()


def notice(colour: Colour, title: str = "a title") -> Notice:
    return Notice(colour, title, "", "https://awayteam.example/changes/1", "key")


def test_a_pull_request_as_the_port_has_it(world: World) -> None:
    change = world.change
    assert (change.number, change.base_ref, change.base, change.head) == (1, "main", world.one.base, world.one.head)
    assert (change.author, change.stand) == (world.account(world.ada), Stand.OPEN)
    assert (change.is_draft, change.from_fork, change.merged_by) == (False, False, None)
    world.one.state, world.one.merged_by, world.one.title, world.one.head_repo = "closed", world.grace, "WIP: x", 99
    change = world.change
    assert (change.stand, change.merged_by) == (Stand.MERGED, world.account(world.grace))
    assert (change.is_draft, change.from_fork) == (True, True)
    assert change.ended_at == world.one.updated
    world.one.merged_by = 0
    assert world.change.stand is Stand.CLOSED


def test_an_account_is_found_by_its_name_of_today(world: World) -> None:
    assert isinstance(world.grants, Directory)
    assert world.grants.find("grace") == world.account(world.grace)
    for nobody in ("nobody", "", "..", "a/b"):
        assert world.grants.find(nobody) is None
    assert [one.slug for one in world.grants.places()] == ["shop/orders"]


def test_open_changes_over_all_pages(world: World) -> None:
    for _ in range(60):
        world.fake.pull(world.repo, world.ada)
    assert len(world.client.open_changes(world.place)) == 61


def test_an_answer_about_another_repository_is_refused(world: World) -> None:
    other = world.fake.repo(world.shop, "other")
    world.fake.pulls[(other, 1)] = world.one
    with pytest.raises(ForgeError, match="another repository"):
        world.client.change(Place(str(other), "shop/orders"), 1)
    world.fake.fail("status", "GET", "/repositories/", json={"id": 4711, "name": "x", "owner": {"login": "y"}})
    with pytest.raises(ForgeError, match="another repository"):
        world.grants.held(world.place)


def test_paths_over_all_pages_with_both_names_of_a_rename(world: World) -> None:
    paths = [f"src/{number:03}.py" for number in range(120)]
    world.fake.push(world.one, [*paths, "old.py -> new.py"])
    assert sorted(world.client.paths(world.place, world.change)) == sorted([*paths, "old.py", "new.py"])


@pytest.mark.parametrize("has_files", [True, False])
def test_the_diff_is_read_where_the_list_is_lacking_or_cut_short(world: World, has_files: bool) -> None:
    world.fake.has_files = has_files
    world.one.diff = b'diff --git a/a.py b/a.py\nindex 1..2\ndiff --git "a/\\303\\244" "b/\\303\\244"\n'
    change = world.change
    if has_files:
        world.fake.fail("status", "GET", "/files$", json=[])
    assert world.client.paths(world.place, change) == ["a.py", "ä"]


def test_files_of_the_head_before_are_never_taken_for_those_of_a_new_one(world: World) -> None:
    """The forge tells a new head before it has taken the push over."""
    world.fake.push(world.one, ["other.py"], taken=False)
    change = world.change
    for ask in (world.client.paths, world.client.commits):
        with pytest.raises(ForgeError, match="taken over") as error:
            ask(world.place, change)
        assert not error.value.final
    world.one.taken = 2
    assert world.client.paths(world.place, change) == ["other.py"]
    assert [one.commit for one in world.client.commits(world.place, change)] == world.one.heads[::-1]


@pytest.mark.parametrize("name", [None, 7, "", "x" * 5000, "nul\0"])
def test_a_path_that_is_none_is_never_cut_or_skipped(world: World, name: Any) -> None:
    world.one.files = [{"filename": name}]
    with pytest.raises(ForgeError, match="path"):
        world.client.paths(world.place, world.change)


def test_committers_who_are_somebody_else_have_a_hand_in_it(world: World) -> None:
    (wrote,) = world.client.commits(world.place, world.change)
    assert (wrote.account, wrote.email, wrote.name) == (world.account(world.ada), "ada@example.com", "Ada")
    shown = world.fake.exchanges[-1].reply.json[0]
    ken = {"name": "Ken", "email": "ken@example.com", "date": None}
    told = [{**shown, "committer": None, "commit": {**shown["commit"], "committer": ken}}]
    world.fake.fail("status", "GET", "/commits$", json=told)
    both = world.client.commits(world.place, world.change)
    assert [(one.name, one.account) for one in both] == [("Ada", world.account(world.ada)), ("Ken", None)]


def test_reviews_requests_and_dismissals(world: World) -> None:
    given = world.fake.review(world.one, world.grace, "APPROVED")
    world.fake.review(world.one, world.grace, "REQUEST_REVIEW")
    world.fake.review(world.one, world.grace, "PENDING")
    world.fake.review(world.one, world.ada, "COMMENT")
    world.one.reviews.append({"id": 9, "user": None, "team": {"id": 3}, "state": "APPROVED"})
    found = world.client.reviews(world.place, world.change)
    assert [(one.by.login, one.said) for one in found] == [("grace", Said.APPROVED), ("ada", Said.COMMENTED)]
    assert (found[0].id, found[0].commit) == (str(given["id"]), world.one.head)
    given.update(dismissed=True, updated_at="2026-03-05T00:00:00Z")
    again = world.client.reviews(world.place, world.change)[0]
    assert (again.id, again.said, again.at) == (found[0].id, Said.DISMISSED, datetime(2026, 3, 5, tzinfo=UTC))
    world.fake.review(world.one, world.grace, "REQUEST_CHANGES")
    assert world.client.reviews(world.place, world.change)[-1].said is Said.CHANGES


def test_checks_are_the_newest_of_each_name_and_ours_is_told_apart(world: World) -> None:
    head = world.one.head
    for name, state in (("test", "failure"), ("test", "success"), ("lint", "pending"), ("docs", "warning")):
        world.fake.status(head, name, state)
    world.client.publish(world.place, world.change, notice(Colour.GREEN))
    found = world.client.checks(world.place, head)
    ours = CheckRun("awayteam", True, is_ours=True)
    assert found == [ours, CheckRun("docs", False), CheckRun("lint", None), CheckRun("test", True)]


def test_a_verdict_is_told_once_for_each_time_it_changes(world: World) -> None:
    change = world.change
    for colour in (Colour.WAITING, Colour.WAITING, Colour.RED, Colour.GREEN, Colour.GREEN):
        world.client.publish(world.place, change, notice(colour))
    assert [one["status"] for one in world.fake.statuses] == ["pending", "failure", "success"]
    assert {(one["context"], one["target_url"]) for one in world.fake.statuses} == {
        ("awayteam", "https://awayteam.example/changes/1")
    }


def test_one_comment_is_edited_and_a_forged_one_is_left_alone(world: World) -> None:
    world.fake.comment(world.one, world.ada, "<!-- awayteam -->\nAllowed, honestly.")
    for text in ("first", "first", "second"):
        world.client.comment(world.place, world.change, text)
    assert [one["body"].splitlines()[-1] for one in world.one.comments] == ["Allowed, honestly.", "second"]
    assert (len(world.fake.calls("POST", "/comments$")), len(world.fake.calls("PATCH"))) == (1, 1)


def test_reviewers_are_asked_once_by_the_names_they_have_now(world: World) -> None:
    world.fake.collaborators[world.repo] = {world.grace: "write"}
    before = world.account(world.grace)
    world.fake.users[world.grace]["login"] = "grace.h"
    stranger = world.account(world.fake.user("stranger"))
    for _ in range(2):
        world.client.ask_review(world.place, world.change, [stranger, before, Account("999", "grace.h")])
    asked = [one["user"]["login"] for one in world.one.reviews if one["state"] == "REQUEST_REVIEW"]
    assert asked == ["grace.h"]
    world.one.reviews.clear()
    with pytest.raises(ForgeError, match="can't be asked"):
        world.client.ask_review(world.place, world.change, [stranger])


def test_files_at_a_commit(world: World) -> None:
    world.fake.contents[(world.repo, world.one.base, ".gitea/CODEOWNERS")] = b"* @shop\n"
    found = world.client.files(world.place, world.one.base, [".gitea/CODEOWNERS", "CODEOWNERS", "../x", ""])
    assert found == {".gitea/CODEOWNERS": b"* @shop\n"}
    with pytest.raises(ForgeError, match="base"):
        world.client.files(world.place, "", ["CODEOWNERS"])
    world.fake.contents[(world.repo, world.one.base, "CODEOWNERS")] = b"x" * 2_000_001
    with pytest.raises(ForgeError, match="more than"):
        world.client.files(world.place, world.one.base, ["CODEOWNERS"])


def test_where_a_branch_is(world: World) -> None:
    world.fake.branches[(world.repo, "release/2")] = "a" * 40
    assert world.client.tip(world.place, "release/2") == "a" * 40
    assert world.client.tip(world.place, "gone") == ""


def test_what_is_examined(world: World) -> None:
    assert [(one.passes, one.says) for one in world.client.examine()] == [
        (True, "We are awayteam-bot there."),
        (False, "shop/orders: No rule protects main: anybody who may write gets in without the gate."),
    ]
    world.fake.protections[world.repo] = [
        {
            "rule_name": "main",
            "enable_status_check": True,
            "status_check_contexts": ["ci/test"],
            "required_approvals": 1,
        }
    ]
    says = [one.says for one in world.client.examine()]
    assert "shop/orders: The rule main doesn't require the status awayteam: the gate only advises there." in says
    assert len(says) == 4
    world.fake.protections[world.repo][0].update(
        status_check_contexts=["awayteam"], dismiss_stale_approvals=True, block_on_rejected_reviews=True
    )
    assert world.client.examine()[1].says == "shop/orders: its rules wait for the gate."
    assert world.client.protections(world.place)[0].required_approvals == 1
    assert world.client.places() == [Place(str(world.repo), "shop/orders", f"{world.fake.address}/shop/orders")]
    assert world.client.bypasses(world.place, START) == ()


def test_access_is_given_read_back_and_taken_by_id(world: World) -> None:
    grace = world.account(world.grace)
    for _ in range(2):
        world.grants.give(world.place, Wanted(grace, Level.WRITE, UNTIL))
    held = [one for one in world.grants.held(world.place) if one.direct]
    assert held == [Held(grace, Level.WRITE, key="collaborator")]
    world.fake.users[world.grace]["login"] = "grace.h"
    world.fake.users[world.fake.user("x")]["login"] = "grace"
    for _ in range(2):
        world.grants.take(world.place, held[0])
    assert world.fake.collaborators[world.repo] == {}
    assert [one.asked.parts["who"] for one in world.fake.calls("DELETE")] == ["grace.h"]


def test_a_renamed_repository_is_followed_and_its_old_name_isnt(world: World) -> None:
    world.grants.held(world.place)
    world.fake.repos[world.repo]["name"] = "bestellungen"
    impostor = world.fake.repo(world.shop, "orders")
    world.grants.give(world.place, Wanted(world.account(world.grace), Level.WRITE, UNTIL))
    assert (world.fake.collaborators[world.repo], world.fake.collaborators[impostor]) == ({world.grace: "write"}, {})
    fresh = GiteaClient(world.client.http)
    assert fresh.change(world.place, 1).place == Place(
        str(world.repo), "shop/bestellungen", f"{world.fake.address}/shop/bestellungen"
    )
    world.fake.repos.pop(world.repo)
    with pytest.raises(ForgeError) as error:
        world.grants.give(world.place, Wanted(world.account(world.ada), Level.WRITE, UNTIL))
    assert error.value.final
    assert world.fake.collaborators[impostor] == {}


def test_an_account_that_took_over_a_name_gets_nothing(world: World) -> None:
    before = world.account(world.grace)
    world.fake.users.pop(world.grace)
    world.fake.user("grace")
    with pytest.raises(ForgeError, match="is gone") as error:
        world.grants.give(world.place, Wanted(before, Level.WRITE, UNTIL))
    assert error.value.final
    assert world.fake.collaborators[world.repo] == {}


def test_a_private_account_is_found_by_its_name_and_still_told_by_its_id(world: World) -> None:
    world.fake.hidden.add(world.grace)
    world.grants.give(world.place, Wanted(world.account(world.grace), Level.READ, UNTIL))
    assert world.fake.collaborators[world.repo] == {world.grace: "read"}
    with pytest.raises(ForgeError, match="is gone"):
        world.grants.give(world.place, Wanted(Account("999", "grace"), Level.ADMIN, UNTIL))
    assert world.fake.collaborators[world.repo] == {world.grace: "read"}


def test_teams_and_the_owner_arent_ours_to_take(world: World) -> None:
    world.fake.team(world.repo, "write", [world.grace])
    world.fake.team(world.repo, "none", [world.ada], **{"repo.code": "read"})
    world.fake.team(world.repo, "none", [world.shop])
    held = world.grants.held(world.place)
    assert [(one.account.login, one.level, one.direct) for one in held] == [
        ("shop", Level.ADMIN, False), ("grace", Level.WRITE, False), ("ada", Level.READ, False),
    ]  # fmt: skip
    with pytest.raises(ForgeError) as error:
        world.grants.take(world.place, held[1])
    assert error.value.final
    assert world.fake.calls("DELETE") == []


def test_releases_that_dont_tell_permissions(world: World) -> None:
    world.fake.collaborators[world.repo] = {world.grace: "admin"}
    world.fake.has_permission = False
    assert world.grants.held(world.place)[0].level is Level.WRITE


@pytest.mark.parametrize("how", ["status", "cut", "lost", "late", "twice"])
def test_after_any_fault_the_end_state_is_right(world: World, how: str) -> None:
    terms = Terms(call_seconds=3, try_seconds=0.5, first_pause_seconds=0.001, pause_seconds=0.01)
    auth = Fixed({"Authorization": f"token {TOKEN}"})
    client = GiteaClient(Http(world.fake.address + "/api/v1", auth=auth, allow_private=True, terms=terms))
    grants, grace = GiteaGrants(client), world.account(world.grace)
    for method, path in (("POST", "/statuses/"), ("PUT", "/collaborators/"), ("DELETE", "/collaborators/")):
        world.fake.fail(how, method, path)
    client.publish(world.place, world.change, notice(Colour.RED))
    client.publish(world.place, world.change, notice(Colour.RED))
    assert {one["status"] for one in world.fake.statuses} == {"failure"}
    grants.give(world.place, Wanted(grace, Level.WRITE, UNTIL))
    assert world.fake.collaborators[world.repo] == {world.grace: "write"}
    grants.take(world.place, Held(grace, Level.WRITE))
    assert world.fake.collaborators[world.repo] == {}
    assert not world.fake.faults
