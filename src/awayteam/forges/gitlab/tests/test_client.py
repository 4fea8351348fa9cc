"""The client against our GitLab: what it asks, what it says, and what it makes of answers that are cut short."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from awayteam.forges.gitlab.client import GitLabClient
from awayteam.forges.gitlab.kind import connect
from awayteam.forges.gitlab.tests.fake import START, TOKEN, FakeGitLab, Merge
from awayteam.forges.http import Fixed, Http, Terms
from awayteam.forges.port import (
    Account,
    ChangeHeard,
    CheckRun,
    Colour,
    Directory,
    ForgeError,
    Grants,
    Notice,
    Place,
    ReviewHeard,
    Settings,
    Stand,
)
from awayteam.gate.change import Said


class World:
    """A project with a merge request of ada's, and a client."""

    def __init__(self, fake: FakeGitLab, **settings: str) -> None:
        self.fake = fake
        self.ada, self.grace, self.ken = (fake.user(name) for name in ("ada", "grace", "ken"))
        self.project = fake.project("shop/orders")
        self.place = Place(str(self.project), "shop/orders")
        self.one = fake.merge(self.project, self.ada)
        self.client, self.grants = connected(fake, **settings)

    @property
    def change(self) -> ChangeHeard:
        return self.client.change(self.place, self.one.number)

    def said(self) -> list[tuple[str, Said, str]]:
        return [(one.by.login, one.said, one.commit) for one in self.reviews() if one.said is not Said.COMMENTED]

    def reviews(self) -> list[ReviewHeard]:
        return list(self.client.reviews(self.place, self.change))


def connected(fake: FakeGitLab, **settings: str) -> tuple[GitLabClient, Grants]:
    client, grants = connect(Settings(fake.address, {"token": TOKEN, **settings}, allow_private=True))
    assert isinstance(client, GitLabClient)
    return client, grants


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with FakeGitLab() as made:
        assert isinstance(made, FakeGitLab)
        yield made


@pytest.fixture
def world(fake: FakeGitLab) -> Iterator[World]:
    made = World(fake)
    yield made
    made.client.http.close()


def notice(colour: Colour, title: str = "a title") -> Notice:
    return Notice(colour, title, "", "https://awayteam.example/changes/1", "key")


def test_a_merge_request_as_the_port_has_it(world: World) -> None:
    change = world.change
    assert (change.number, change.title, change.base_ref, change.head) == (1, "Count orders", "main", world.one.head)
    assert change.author == Account(str(world.ada), "ada")
    assert (change.stand, change.is_draft, change.from_fork, change.merged_by) == (Stand.OPEN, False, False, None)
    assert change.base == world.one.versions[0]["start_commit_sha"]
    assert change.opened_at == datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
    world.one.state, world.one.merged_by, world.one.draft, world.one.source_project = "merged", world.ken, True, 77
    change = world.change
    assert (change.stand, change.is_draft, change.from_fork) == (Stand.MERGED, True, True)
    assert (change.merged_by, change.ended_at) == (Account(str(world.ken), "ken"), world.one.updated)
    assert [one.number for one in world.client.open_changes(world.place)] == []


def test_a_renamed_project_is_told_by_the_answer(world: World) -> None:
    world.fake.projects[world.project] = "shop/bestellungen"
    assert world.change.place == Place(str(world.project), "shop/bestellungen")


def test_an_account_is_found_by_its_name_of_today(world: World) -> None:
    assert world.client.find("Grace") == Account(str(world.grace), "grace")
    assert world.client.find("nobody") is None
    assert isinstance(world.grants, Directory)
    assert world.grants.find("ken") == Account(str(world.ken), "ken")
    assert [one.slug for one in world.grants.places()] == ["shop/orders"]


def test_an_answer_about_another_project_is_refused(world: World) -> None:
    other = Place(str(world.fake.project("shop/other")), "shop/orders")
    world.fake.merges[(int(other.id), 1)] = world.one
    with pytest.raises(ForgeError, match="another project"):
        world.client.change(other, 1)


def test_bots_are_what_the_account_itself_says(world: World) -> None:
    bot = world.fake.user("renovate", bot=True)
    mine = world.fake.merge(world.project, bot)
    person = world.fake.user("project_12_bot_really")
    theirs = world.fake.merge(world.project, person)
    assert world.client.change(world.place, mine.number).author.is_bot
    assert not world.client.change(world.place, theirs.number).author.is_bot
    world.client.change(world.place, mine.number)
    assert len(world.fake.calls("GET", f"/users/{bot}$")) == 1


def test_paths_over_all_pages_with_both_names_of_a_rename(world: World) -> None:
    paths = [f"src/{number:03}.py" for number in range(250)]
    world.fake.push(world.one, [*paths, "old.py -> new.py"])
    found = world.client.paths(world.place, world.change)
    assert list(found) == [*paths, "old.py", "new.py"]
    assert len(world.fake.calls("GET", "/diffs$")) == 3


@pytest.mark.parametrize("state", ["overflow", "overflow_diff_files_limit", "collected"])
def test_a_list_that_was_cut_short_is_replaced_by_the_whole_diff(world: World, state: str) -> None:
    world.fake.push(world.one, ["a.py"], state=state)
    world.one.versions[-1]["real_size"] = "2"
    world.one.diff = (
        b"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\ndiff --git a/b.py b/b.py\n"
    )
    assert world.client.paths(world.place, world.change) == ["a.py", "b.py"]


def test_a_change_that_cant_be_listed_whole_is_an_error_and_no_guess(world: World) -> None:
    world.fake.push(world.one, ["a.py"], state="overflow")
    world.fake.fail("status", "GET", "/raw_diffs", status=404, json={"message": "404"})
    many = [{"old_path": f"{number}", "new_path": f"{number}"} for number in range(1000)]
    world.fake.fail("status", "GET", "/repository/compare", json={"diffs": many, "compare_timeout": False})
    with pytest.raises(ForgeError, match="too large") as error:
        world.client.paths(world.place, world.change)
    assert error.value.final


def test_older_releases_are_asked_for_the_comparison(world: World) -> None:
    world.fake.push(world.one, ["a.py"], state="overflow")
    world.fake.fail("status", "GET", "/raw_diffs", status=404, json={"message": "404"})
    found = {"diffs": [{"old_path": "x.py", "new_path": "y.py"}], "compare_timeout": False}
    world.fake.fail("status", "GET", "/repository/compare", json=found)
    assert world.client.paths(world.place, world.change) == ["x.py", "y.py"]


def test_a_head_that_gitlab_hasnt_taken_over_yet_is_asked_again_later(world: World) -> None:
    change = world.change
    world.fake.push(world.one, ["other.py"])
    for ask in (world.client.paths, world.client.commits):
        with pytest.raises(ForgeError) as error:
            ask(world.place, change)
        assert not error.value.final


@pytest.mark.parametrize("path", [None, 7, "", "x" * 5000, "nul\0"])
def test_a_path_that_is_none_is_never_cut_or_skipped(world: World, path: Any) -> None:
    world.one.files = [{"old_path": path, "new_path": "a.py"}]
    with pytest.raises(ForgeError, match="path"):
        world.client.paths(world.place, world.change)


def test_commits_tell_names_and_addresses_and_no_account(world: World) -> None:
    (wrote,) = world.client.commits(world.place, world.change)
    assert (wrote.commit, wrote.account, wrote.email, wrote.name) == (world.one.head, None, "ada@example.com", "Ada")
    world.one.commits[0].update(committer_email="ken@example.com", committer_name="Ken")
    both = world.client.commits(world.place, world.change)
    assert [one.name for one in both] == ["Ada", "Ken"]


def test_an_approval_is_of_the_version_that_stood_there(world: World) -> None:
    first = world.one.head
    world.fake.approve(world.one, world.grace)
    second = world.fake.push(world.one, ["more.py"])
    world.fake.approve(world.one, world.ken)
    assert world.said() == [("grace", Said.APPROVED, first), ("ken", Said.APPROVED, second)]


def test_an_approval_taken_back_is_dismissed_later_than_it_was_given(world: World) -> None:
    world.fake.approve(world.one, world.grace)
    (given,) = world.reviews()
    world.fake.unapprove(world.one, world.grace)
    (taken,) = world.reviews()
    assert (taken.id, taken.said) == (given.id, Said.DISMISSED)
    assert taken.at > given.at
    assert world.reviews() == [taken]
    world.fake.approve(world.one, world.grace)
    assert world.said() == [("grace", Said.APPROVED, world.one.head)]


def test_approvals_that_a_push_reset_are_dismissed(world: World) -> None:
    world.fake.approve(world.one, world.grace)
    (given,) = world.reviews()
    world.one.approvals.clear()
    head = world.fake.push(world.one, ["more.py"])
    (taken,) = world.reviews()
    assert (taken.id, taken.said, taken.commit) == (given.id, Said.DISMISSED, head)
    assert taken.at > given.at


def test_asking_for_changes_replaces_an_approval(world: World) -> None:
    world.fake.approve(world.one, world.grace)
    (given,) = world.reviews()
    world.fake.request_changes(world.one, world.grace)
    (asked,) = world.reviews()
    assert (asked.id, asked.said, asked.commit) == (given.id, Said.CHANGES, world.one.head)
    assert asked.at > given.at


def test_comments_are_no_word_and_ours_are_none_at_all(world: World) -> None:
    world.fake.note(world.one, world.grace, "nice")
    world.fake.note(world.one, world.grace, "added 1 commit", system=True)
    world.client.comment(world.place, world.change, "Waiting for shop.")
    (comment,) = world.reviews()
    assert (comment.by.login, comment.said, comment.commit) == ("grace", Said.COMMENTED, world.one.head)


def test_releases_that_dont_date_approvals_are_read_by_their_notes(world: World) -> None:
    first = world.one.head
    world.fake.approve(world.one, world.grace)
    world.fake.push(world.one, ["more.py"])
    given = {"approved_by": [{"user": world.fake.basic(world.grace)}, {"user": world.fake.basic(world.ken)}]}
    world.fake.fail("status", "GET", "/approvals$", json=given)
    assert world.said() == [("grace", Said.APPROVED, first), ("ken", Said.APPROVED, "")]


def test_checks_are_the_newest_of_each_name_and_ours_is_told_apart(world: World) -> None:
    head = world.one.head
    for name, state in (("test", "failed"), ("test", "success"), ("lint", "running"), ("docs", "skipped")):
        world.fake.status(head, name, state, world.fake.me)
    world.client.publish(world.place, world.change, notice(Colour.GREEN))
    found = world.client.checks(world.place, head)
    ours = CheckRun("awayteam", True, is_ours=True)
    assert found == [ours, CheckRun("docs", None), CheckRun("lint", None), CheckRun("test", True)]


def test_files_at_a_commit(world: World) -> None:
    base = world.change.base
    world.fake.contents[(world.project, base, ".gitlab/CODEOWNERS")] = b"* @shop\n"
    found = world.client.files(world.place, base, [".gitlab/CODEOWNERS", "CODEOWNERS"])
    assert found == {".gitlab/CODEOWNERS": b"* @shop\n"}
    with pytest.raises(ForgeError, match="base") as error:
        world.client.files(world.place, "", ["CODEOWNERS"])
    assert not error.value.final
    world.fake.contents[(world.project, base, "CODEOWNERS")] = b"x" * 2_000_001
    with pytest.raises(ForgeError, match="more than"):
        world.client.files(world.place, base, ["CODEOWNERS"])


def test_where_a_branch_is(world: World) -> None:
    world.fake.branches[(world.project, "release/2")] = "a" * 40
    assert world.client.tip(world.place, "release/2") == "a" * 40
    assert world.client.tip(world.place, "gone") == ""


def test_a_verdict_is_a_commit_status_told_once_for_each_time_it_changes(world: World) -> None:
    change = world.change
    pipeline = {"id": 5, "iid": 1, "project_id": world.project, "sha": change.head, "ref": "visit", "status": "success",
                "source": "push", "created_at": None, "updated_at": None, "web_url": ""}  # fmt: skip
    world.fake.pipelines = [pipeline, {**pipeline, "id": 9, "sha": "0" * 40}]
    for colour in (Colour.WAITING, Colour.WAITING, Colour.RED, Colour.GREEN, Colour.GREEN):
        world.client.publish(world.place, change, notice(colour))
    told = [one for one in world.fake.statuses if one["name"] == "awayteam"]
    assert [(one["status"], one["pipeline_id"]) for one in told] == [("pending", 5), ("failed", 5), ("success", 5)]
    assert told[0]["target_url"] == "https://awayteam.example/changes/1"
    world.client.publish(world.place, change, notice(Colour.WAITING))
    world.client.publish(world.place, change, notice(Colour.WAITING, "another title"))
    assert [one["status"] for one in world.fake.statuses] == ["pending", "failed", "success", "pending"]


def test_a_verdict_is_the_external_check_where_the_project_has_one(fake: FakeGitLab) -> None:
    world = World(fake, status_check="Awayteam")
    change = world.change
    world.client.publish(world.place, change, notice(Colour.GREEN))
    assert [one["status"] for one in fake.statuses] == ["success"]
    check = fake.check(world.project)
    for colour in (Colour.WAITING, Colour.RED, Colour.GREEN):
        world.client.publish(world.place, change, notice(colour))
    assert [one["status"] for one in world.one.responses] == ["failed", "failed", "passed"]
    assert {(one["sha"], one["external_status_check_id"]) for one in world.one.responses} == {(change.head, check)}
    fake.push(world.one, ["more.py"])
    with pytest.raises(ForgeError, match="another head") as error:
        world.client.publish(world.place, change, notice(Colour.GREEN))
    assert error.value.final
    by_number = connected(fake, status_check=str(check))[0]
    by_number.publish(world.place, world.change, notice(Colour.GREEN))
    assert len(world.one.responses) == 4
    assert len(fake.statuses) == 1


def test_without_the_tier_for_external_checks_it_is_a_commit_status() -> None:
    with FakeGitLab(tier="free") as fake:
        assert isinstance(fake, FakeGitLab)
        world = World(fake, status_check="Awayteam", approval_rule="Home team")
        world.client.publish(world.place, world.change, notice(Colour.RED))
        assert [(one["name"], one["status"]) for one in fake.statuses] == [("awayteam", "failed")]
        world.client.ask_review(world.place, world.change, [Account(str(world.grace), "grace")])
        assert (world.one.reviewers, world.one.rules) == ([world.grace], [])


def test_one_note_is_edited_and_a_forged_one_is_left_alone(world: World) -> None:
    world.fake.note(world.one, world.ada, "<!-- awayteam -->\nAllowed, honestly.")
    for text in ("first", "first", "second"):
        world.client.comment(world.place, world.change, text)
    assert [note["body"].splitlines()[-1] for note in world.one.notes] == ["Allowed, honestly.", "second"]
    assert (len(world.fake.calls("POST", "/notes$")), len(world.fake.calls("PUT", "/notes/"))) == (1, 1)
    world.client.comment_issue(world.place, 3, "It became a request.")
    world.client.comment_issue(world.place, 3, "It was answered.")
    (note,) = world.fake.issue_notes[(world.project, 3)]
    assert note["body"] == "<!-- awayteam -->\nIt was answered."


def test_no_line_of_a_note_is_a_command_to_gitlab(world: World) -> None:
    text = "/merge\n  /approve\nfine\r/close\r\n/assign @x\n\n/label ~y a/b"
    world.client.comment(world.place, world.change, text)
    lines = world.one.notes[-1]["body"].split("\n")
    assert not [line for line in lines if line.lstrip().startswith("/")]
    assert [line for line in lines if "close" in line] == ["\\/close"]
    world.client.comment(world.place, world.change, text + "\n")
    assert len(world.fake.calls("PUT", "/notes/")) == 0


def test_reviewers_are_added_to_those_there_are_and_a_rule_is_kept(fake: FakeGitLab) -> None:
    world = World(fake, approval_rule="Home team")
    world.one.reviewers = [world.ken]
    grace, nobody = Account(str(world.grace), "grace"), Account("", "nobody")
    for _ in range(2):
        world.client.ask_review(world.place, world.change, [grace, nobody])
    assert world.one.reviewers == [world.ken, world.grace]
    (rule,) = world.one.rules
    assert (rule["name"], rule["approvals_required"]) == ("Home team", 1)
    assert [one["id"] for one in rule["users"]] == [world.grace]
    world.client.ask_review(world.place, world.change, [Account(str(world.ken), "ken")])
    assert [one["id"] for one in world.one.rules[0]["users"]] == [world.ken]
    assert (len(fake.calls("POST", "rules")), len(fake.calls("PUT", "rules"))) == (1, 1)


def test_what_is_examined_and_listed(world: World) -> None:
    assert [(one.passes, one.says) for one in world.client.examine()] == [
        (True, "We are awayteam-bot there."),
        (True, "The token has the scope api."),
        (True, "The token expires on 2026-12-31: renew it before."),
        (True, "It is Maintainer in a project at least, and can give access there."),
    ]
    assert world.client.places() == [Place(str(world.project), "shop/orders", world.fake.address)]
    world.fake.scopes = ["read_api"]
    world.fake.members[world.project][world.fake.me]["access_level"] = 30
    assert [one.passes for one in world.client.examine()] == [True, False, True, False]
    assert world.client.bypasses(world.place, START) == ()


def test_a_wrong_token_is_told_without_the_token(fake: FakeGitLab) -> None:
    client = GitLabClient(Http(fake.address + "/api/v4", auth=Fixed({"PRIVATE-TOKEN": "wrong"}), allow_private=True))
    with pytest.raises(ForgeError, match="401 Unauthorized") as error:
        client.examine()
    assert "wrong" not in str(error.value)


def test_addresses_inside_the_network_arent_reached_unless_that_was_allowed(fake: FakeGitLab) -> None:
    with pytest.raises(ForgeError, match="not public"):
        connect(Settings(fake.address, {"token": TOKEN}))
    assert fake.exchanges == []


def quick(fake: FakeGitLab) -> GitLabClient:
    """A client that gives up soon, for faults."""
    terms = Terms(call_seconds=3, try_seconds=0.5, first_pause_seconds=0.001, pause_seconds=0.01)
    auth = Fixed({"PRIVATE-TOKEN": TOKEN})
    return GitLabClient(Http(fake.address + "/api/v4", auth=auth, allow_private=True, terms=terms))


@pytest.mark.parametrize("how", ["status", "cut", "lost", "late", "twice"])
def test_after_any_fault_the_end_state_is_right(world: World, how: str) -> None:
    client, change = quick(world.fake), world.change
    for method, path in (("GET", "/statuses$"), ("POST", "/statuses/"), ("GET", "/pipelines$")):
        world.fake.fail(how, method, path)
    client.publish(world.place, change, notice(Colour.RED))
    client.publish(world.place, change, notice(Colour.RED))
    told = [one["status"] for one in world.fake.statuses if one["name"] == "awayteam"]
    assert set(told) == {"failed"}
    assert not world.fake.faults
    world.fake.fail(how, "GET", "/merge_requests/1$")
    assert client.change(world.place, 1) == change


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ({"raw": b"<html>"}, "isn't JSON"),
        ({"json": {"id": 1}}, "isn't a list"),
        ({"json": [], "headers": {"Link": '<https://evil.example/api/v4/x>; rel="next"'}}, "another host"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, "redirect that isn't followed"),
        ({"status": 429, "headers": {"Retry-After": "3600"}}, "too many requests"),
    ],
)
def test_answers_that_lead_astray_are_errors(world: World, reply: dict[str, Any], says: str) -> None:
    world.fake.fail("status", "GET", "/merge_requests$", **reply)
    with pytest.raises(ForgeError, match=says):
        quick(world.fake).open_changes(world.place)


def test_a_failing_forge_is_an_error_that_isnt_final(world: World) -> None:
    for _ in range(3):
        world.fake.fail("status", "GET", "/merge_requests/1$", status=502, json={})
    with pytest.raises(ForgeError, match="502") as error:
        quick(world.fake).change(world.place, 1)
    assert not error.value.final
    with pytest.raises(ForgeError, match="404") as error:
        quick(world.fake).change(world.place, 99)
    assert error.value.final


def test_the_fake_keeps_approvals_after_a_push_as_gitlab_does_without_that_setting(fake: FakeGitLab) -> None:
    one: Merge = World(fake).one
    fake.approve(one, fake.me)
    fake.push(one, ["b.py"])
    assert list(one.approvals) == [fake.me]
