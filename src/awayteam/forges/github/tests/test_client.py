"""The client against a fake GitHub over real HTTP: what it asks, what comes back, whom it believes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from awayteam.forges.github.kind import KIND
from awayteam.forges.github.publishing import MARK, NAME
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.github.tests.world import Repository
from awayteam.forges.port import Account, CheckRun, Client, Colour, ForgeError, Notice, Place, Stand, Wrote
from awayteam.gate.change import Said

FILES = {"README": b"read me", "src/a.py": b"a", "src/b/c.py": b"c", ".github/CODEOWNERS": b"* @acme/orders\n"}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        for login in ("ada", "bo", "cy"):
            fake.add_user(login)
        yield fake


@pytest.fixture
def orders(github: FakeGitHub) -> Repository:
    return github.add_repository("acme/orders", FILES)


@pytest.fixture
def client(github: FakeGitHub) -> Client:
    client, _grants = KIND.connect(github.settings())
    assert client is not None
    return client


def place(of: Repository) -> Place:
    return Place(str(of.id), of.slug)


def account(github: FakeGitHub, login: str) -> Account:
    return Account(str(github.user(login).id), login)


def notice(colour: Colour = Colour.GREEN, key: str = "k1") -> Notice:
    return Notice(colour, "May go in", "Because.", "https://awayteam.example.org/changes/1", key)


def asked(github: FakeGitHub, part: str) -> list[str]:
    return [f"{one.method} {one.path}" for one in github.asked if part in one.path]


def test_a_change_is_read_by_ids(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"src/a.py": b"new"}, title="Quick\nchange", from_fork=True, draft=True)
    heard = client.change(place(orders), pull.number)
    assert (heard.id, heard.number, heard.title) == (str(pull.id), 1, "Quick change")
    assert (heard.author, heard.place.id) == (account(github, "ada"), str(orders.id))
    assert (heard.base, heard.head, heard.base_ref) == (pull.base, pull.head, "main")
    assert (heard.stand, heard.is_draft, heard.from_fork) == (Stand.OPEN, True, True)
    assert heard.opened_at.tzinfo is not None
    github.merge(pull, "bo")
    merged = client.change(place(orders), pull.number)
    assert (merged.stand, merged.merged_by) == (Stand.MERGED, account(github, "bo"))
    assert client.open_changes(place(orders)) == []


def test_lists_follow_all_pages(github: FakeGitHub, orders: Repository, client: Client) -> None:
    for number in range(230):
        github.open_pull(orders, "ada", {"README": str(number).encode()})
    assert [one.number for one in client.open_changes(place(orders))] == list(range(1, 231))
    assert len(asked(github, "/pulls")) == 3


def test_paths_are_those_of_the_very_commits(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"src/a.py": None, "src/moved.py": b"a", "README": b"x", "new/é.txt": b"1"})
    heard = client.change(place(orders), pull.number)
    github.push(pull, "ada", {"src/b/c.py": b"sneaky"})
    expected = ["README", "new/é.txt", "src/a.py", "src/moved.py"]
    assert client.paths(place(orders), heard) == expected
    later = client.change(place(orders), pull.number)
    assert client.paths(place(orders), later) == sorted([*expected, "src/b/c.py"])


@pytest.mark.parametrize("truncated", [False, True])
def test_changes_beyond_what_github_lists(
    github: FakeGitHub, orders: Repository, client: Client, truncated: bool
) -> None:
    if truncated:
        orders.truncates_above = 50
    changes: dict[str, bytes | None] = {f"d{number % 12}/f{number}": b"x" for number in range(3_500)}
    pull = github.open_pull(orders, "ada", changes | {"src/b/c.py": None, "README": b"x"})
    heard = client.change(place(orders), pull.number)
    assert client.paths(place(orders), heard) == sorted([*changes, "README", "src/b/c.py"])
    assert not asked(github, "/files")


def test_everybody_with_their_hands_in_it(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    github.push(pull, "bo", {"b": b"2"}, committer=github.user("cy"))
    web = github.add_user("web-flow")
    github.push(pull, "ada", {"c": b"3"}, committer=web)
    wrote = client.commits(place(orders), client.change(place(orders), pull.number))
    assert [one.account and one.account.login for one in wrote] == ["ada", "bo", "cy", "ada"]
    assert wrote[0] == Wrote(wrote[0].commit, account(github, "ada"), "ada@example.org", "ada")
    assert wrote[3].commit == pull.head


def test_reviews_in_their_order(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    first = github.review(pull, "bo")
    github.review(pull, "cy", "CHANGES_REQUESTED")
    github.review(pull, "bo", "COMMENTED")
    github.review(pull, "bo", "PENDING")
    first.state = "DISMISSED"
    heard = client.reviews(place(orders), client.change(place(orders), pull.number))
    assert [(one.by.login, one.said) for one in heard] == [
        ("bo", Said.DISMISSED),
        ("cy", Said.CHANGES),
        ("bo", Said.COMMENTED),
    ]
    assert {one.commit for one in heard} == {pull.head}
    assert heard[0].id == str(first.id)


def test_checks_leave_ours_out_and_believe_the_worst(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    github.check(orders, pull.head, "tests", "failure")
    github.status(orders, pull.head, "tests", "success")
    github.check(orders, pull.head, "lint", "neutral")
    github.check(orders, pull.head, "build", None)
    github.status(orders, pull.head, "scan", "pending")
    github.status(orders, pull.head, "scan", "success")
    github.check(orders, pull.head, NAME, None, app=github.app_id)
    assert client.checks(place(orders), pull.head) == [
        CheckRun("build", None),
        CheckRun("lint", True),
        CheckRun("scan", True),
        CheckRun("tests", False),
    ]


def test_where_a_branch_is(github: FakeGitHub, orders: Repository, client: Client) -> None:
    assert client.tip(place(orders), "main") == orders.branches["main"]
    tip = github.push_to_branch(orders, "ada", {"a": b"2"}, branch="release/2")
    assert client.tip(place(orders), "release/2") == tip
    assert client.tip(place(orders), "gone") == ""


def test_rule_files_by_git_objects(github: FakeGitHub, orders: Repository, client: Client) -> None:
    base = orders.branches["main"]
    wanted = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", "src", "src/b"]
    assert client.files(place(orders), base, wanted) == {".github/CODEOWNERS": FILES[".github/CODEOWNERS"]}
    before = len(github.asked)
    assert client.files(place(orders), base, wanted[:3]) == {".github/CODEOWNERS": FILES[".github/CODEOWNERS"]}
    assert len(github.asked) == before
    many = {f"d{number}/OWNERS": f"approvers: [p{number}]".encode() for number in range(60)}
    github.push_to_branch(orders, "ada", many)
    head = orders.branches["main"]
    assert client.files(place(orders), head, [*many, "nowhere/OWNERS"]) == many
    assert len(asked(github, f"/git/trees/{head}")) == 1


def test_links_and_large_files_are_no_rules(github: FakeGitHub, orders: Repository, client: Client) -> None:
    head = github.push_to_branch(orders, "ada", {"OWNERS": b"x" * 3_000_001, "CODEOWNERS": b"README"})
    tree = orders.objects[orders.commits[head].tree][1]
    tree[:] = [("120000", *entry[1:]) if entry[1] == "CODEOWNERS" else entry for entry in tree]
    assert client.files(place(orders), head, ["OWNERS", "CODEOWNERS"]) == {}


def test_a_verdict_is_one_check_run(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    heard = client.change(place(orders), pull.number)
    github.check(orders, pull.head, NAME, "success", app=99)

    def ours() -> list[tuple[str, str | None, str]]:
        held = [one for one in orders.runs.values() if one["app"] == github.app_id]
        return [(one["status"], one.get("conclusion"), one["external_id"]) for one in held]

    client.publish(place(orders), heard, notice(Colour.WAITING))
    client.publish(place(orders), heard, notice(Colour.WAITING))
    assert ours() == [("in_progress", None, "k1")]
    client.publish(place(orders), heard, notice(Colour.RED, "k2"))
    assert ours() == [("completed", "failure", "k2")]
    client.publish(place(orders), heard, notice(Colour.WAITING, "k3"))
    client.publish(place(orders), heard, notice(Colour.GREEN, "k4"))
    assert ours() == [("completed", "failure", "k2"), ("completed", "success", "k4")]


def test_a_verdict_that_waited_too_long_is_shown_again(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    heard = client.change(place(orders), pull.number)
    client.publish(place(orders), heard, notice(Colour.WAITING))
    (run,) = orders.runs.values()
    run |= {"status": "completed", "conclusion": "stale"}
    client.publish(place(orders), heard, notice(Colour.WAITING))
    assert [one["status"] for one in orders.runs.values()] == ["completed", "in_progress"]


def test_a_stale_head_gets_no_verdict(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    heard = client.change(place(orders), pull.number)
    github.push(pull, "ada", {"b": b"2"}, force=True)
    with pytest.raises(ForgeError, match="another head") as told:
        client.publish(place(orders), heard, notice())
    assert told.value.final
    assert orders.runs == {}


def test_one_comment_is_edited(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    heard = client.change(place(orders), pull.number)
    stranger = github.comment(orders, pull.number, f"I am it {MARK}", github.user("cy"))
    client.comment(place(orders), heard, "Waiting for bo.")
    client.comment(place(orders), heard, "May go in.")
    client.comment(place(orders), heard, "May go in.")
    twice = github.comment(orders, pull.number, f"Again {MARK}", github.bot, app=github.app_id)
    client.comment(place(orders), heard, "Long " * 20_000)
    assert twice["id"] not in orders.comments
    assert stranger["body"] == f"I am it {MARK}"
    mine = [one["body"] for one in orders.comments.values() if one["app"]]
    assert len(mine) == 1
    assert mine[0].startswith("Long Long")
    assert len(mine[0]) < 65_000
    assert len([one for one in github.asked if one.method == "POST" and "comments" in one.path]) == 1
    number = github.open_issue(orders, "ada", "Please", [])
    client.comment_issue(place(orders), number, "It became a request.")
    assert [one["number"] for one in orders.comments.values() if one["app"]] == [pull.number, number]


def test_reviews_are_asked_for_once_by_id(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    heard = client.change(place(orders), pull.number)
    people = [account(github, login) for login in ("ada", "bo", "cy")]
    github.user("bo").login = "beatrice"
    github.add_user("bo")
    client.ask_review(place(orders), heard, people[:2])
    client.ask_review(place(orders), heard, people[:2])
    assert [one.login for one in pull.requested] == ["beatrice"]
    stranger = github.add_user("stranger", member=False)
    with pytest.raises(ForgeError, match="stranger can't be asked") as told:
        client.ask_review(place(orders), heard, [*people, Account(str(stranger.id), "stranger"), Account("5", "gone")])
    assert told.value.final
    assert [one.login for one in pull.requested] == ["beatrice", "cy"]


def test_bypasses_name_who_and_what(github: FakeGitHub, orders: Repository, client: Client) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    before = orders.branches["main"]
    after = github.push_to_branch(orders, "bo", {"hot": b"fix"})
    known = github.bypass(orders, "bo", before, after, "pull_request", "required_status_checks")
    (heard,) = client.bypasses(place(orders), since)
    assert (heard.id, heard.by, heard.before, heard.after) == (str(known), account(github, "bo"), before, after)
    assert heard.says == "went around: pull_request, required_status_checks"
    assert client.bypasses(place(orders), datetime.now(UTC) + timedelta(minutes=1)) == []


def test_a_renamed_repository_is_found_by_its_id(github: FakeGitHub, orders: Repository, client: Client) -> None:
    pull = github.open_pull(orders, "ada", {"a": b"1"})
    known = place(orders)
    github.rename(orders, "acme/sales")
    heard = client.change(known, pull.number)
    assert heard.place == Place(str(orders.id), "acme/sales", "https://github.com/acme/sales")
    client.publish(known, heard, notice())
    assert [one["external_id"] for one in orders.runs.values()] == ["k1"]


def test_another_repository_under_a_known_name_is_not_believed(
    github: FakeGitHub, orders: Repository, client: Client
) -> None:
    """Somebody renames the repository and puts their own in its place."""
    mine = github.open_pull(orders, "ada", {"a": b"1"}, title="Mine")
    known = place(orders)
    orders.slug = "acme/sales"
    impostor = github.add_repository("acme/orders", FILES)
    github.open_pull(impostor, "cy", {"a": b"1"}, title="Not mine")
    assert client.change(known, mine.number).title == "Mine"
    orders_gone = Place("4", "acme/orders")
    with pytest.raises(ForgeError, match=r"No installation .* acme/orders \(id 4\)") as told:
        client.change(orders_gone, 1)
    assert told.value.final


def test_where_the_app_is_not_installed(github: FakeGitHub, orders: Repository, client: Client) -> None:
    github.installed = False
    with pytest.raises(ForgeError, match="No installation") as told:
        client.change(place(orders), 1)
    assert told.value.final
    findings = client.examine()
    assert [one.says for one in findings if not one.passes] == ["It is installed nowhere: install it."]


def test_the_examination_names_what_is_lacking(github: FakeGitHub, orders: Repository, client: Client) -> None:
    assert [one.passes for one in client.examine()] == [True] * 4
    assert client.places() == [Place(str(orders.id), "acme/orders", "https://github.com/acme/orders")]
    assert client.limits().limit == 5_000
    github.permissions["checks"] = "read"
    github.events.remove("push")
    github.skew = timedelta(minutes=10)
    wrong = [one.says for one in client.examine() if not one.passes]
    assert wrong[0].startswith("It lacks permissions (checks: write)")
    assert wrong[1].startswith("The App isn't told of push")
    assert wrong[2].startswith("Our clock and GitHub's are 600 seconds apart") or "599" in wrong[2]


def test_an_enterprise_server(orders: Repository) -> None:
    with running("/api/v3") as fake:
        fake.add_user("ada")
        away = fake.add_repository("acme/orders", FILES)
        pulls = [fake.open_pull(away, "ada", {"a": str(number).encode()}) for number in range(120)]
        client, _grants = KIND.connect(fake.settings())
        assert client is not None
        assert len(client.open_changes(place(away))) == len(pulls)
