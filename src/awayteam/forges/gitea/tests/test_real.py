"""Against a real Gitea or Forgejo (`real.py` says which): deliveries, statuses, reviews, access, as it does them."""

import base64
import queue
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from awayteam.forges.gitea.client import GiteaClient
from awayteam.forges.gitea.grants import GiteaGrants
from awayteam.forges.gitea.inbound import GiteaInbound
from awayteam.forges.gitea.kind import KINDS, connect
from awayteam.forges.gitea.tests import real
from awayteam.forges.port import (
    Account,
    ChangeHeard,
    CheckRun,
    Colour,
    ForgeError,
    Heard,
    IssueHeard,
    Level,
    NotGenuine,
    Notice,
    Place,
    PushHeard,
    Settings,
    Stand,
    Wanted,
)
from awayteam.gate.change import Said

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not real.program(), reason="no Gitea or Forgejo here; AWAYTEAM_GITEA=/path/to/gitea names one"),
    pytest.mark.xdist_group("gitea"),
]
SECRET = "a secret of the hook"
REPO = "/repos/boss/orders"
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
Delivered = tuple[dict[str, str], bytes]


class World:
    """A forge with a repository, its owner `boss` (whose token we have), the visitor `ada` and the reviewer `grace`."""

    def __init__(self, forge: real.RealGitea, hooked: str, deliveries: "queue.Queue[Delivered]") -> None:
        self.forge, self.deliveries = forge, deliveries
        self.boss = Account(str(forge.user("boss", admin=True)), "boss")
        self.ada, self.grace = (Account(str(forge.user(name)), name) for name in ("ada", "grace"))
        made = forge.ask("boss", "POST", "/user/repos", {"name": "orders", "auto_init": True, "default_branch": "main"})
        self.place = Place(str(made.json()["id"]), "boss/orders")
        config = {"url": hooked, "content_type": "json", "secret": SECRET}
        events = ["push", "pull_request", "pull_request_sync", "pull_request_review_approved", "issues", "issue_label",
                  "pull_request_review_rejected", "pull_request_review_comment", "repository"]  # fmt: skip
        hook = {"type": "gitea", "config": config, "events": events, "active": True}
        forge.ask("boss", "POST", f"{REPO}/hooks", hook)
        client, grants = connect(Settings(forge.address, {"token": forge.tokens["boss"]}, allow_private=True))
        assert isinstance(client, GiteaClient)
        assert isinstance(grants, GiteaGrants)
        self.client, self.grants = client, grants

    def write(self, user: str, path: str, text: str, **more: Any) -> httpx.Response:
        content = base64.b64encode(text.encode()).decode()
        told = {"content": content, "message": f"Write {path}", **more}
        return self.forge.ask(user, "POST", f"{REPO}/contents/{path}", told)

    def heard(self, kind: type[Heard], **values: Any) -> Any:
        """The next delivery that tells what is looked for, verified; those before it are passed over."""
        for _ in range(40):
            headers, body = self.deliveries.get(timeout=20)
            delivery = GiteaInbound().verify(headers, body, ["an older secret", SECRET])
            for one in GiteaInbound().read(delivery):
                if isinstance(one, kind) and all(getattr(one, name) == value for name, value in values.items()):
                    return one
        raise AssertionError(f"nothing like {values} came")

    def patiently(self, change: ChangeHeard) -> Sequence[str]:
        """The paths, as soon as the forge has taken over the head. Each try asks it twice at least."""
        for _ in range(500):
            try:
                return self.client.paths(self.place, change)
            except ForgeError as error:
                if error.final:
                    raise
        raise AssertionError("the head wasn't taken over")

    def until_mergeable(self, change: ChangeHeard) -> None:
        """The forge looks in the background whether a pull request can be merged."""
        for _ in range(500):
            if self.forge.ask("boss", "GET", f"{REPO}/pulls/{change.number}").json()["mergeable"]:
                return
        raise AssertionError("it never became mergeable")

    def pull(self, title: str, path: str) -> ChangeHeard:
        """A pull request of ada's with one file."""
        branch = path.replace("/", "-")
        self.write("ada", path, "text\n", branch="main", new_branch=branch)
        told = {"title": title, "head": branch, "base": "main"}
        made = self.forge.ask("ada", "POST", f"{REPO}/pulls", told).json()
        return self.client.change(self.place, made["number"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    deliveries: queue.Queue[Delivered] = queue.Queue()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            deliveries.put((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with real.running(tmp_path_factory.mktemp("gitea")) as forge:
        made = World(forge, f"http://127.0.0.1:{server.server_port}/", deliveries)
        made.grants.give(made.place, Wanted(made.ada, Level.WRITE, UNTIL))
        made.grants.give(made.place, Wanted(made.grace, Level.WRITE, UNTIL))
        yield made
        made.client.http.close()
    server.shutdown()
    server.server_close()


def notice(colour: Colour, title: str = "a title") -> Notice:
    return Notice(colour, title, "", "https://awayteam.example/changes/1", "key")


def test_a_pull_request_is_heard_and_asked_about(world: World) -> None:
    change = world.pull("Count orders", "src/count.txt")
    heard = world.heard(ChangeHeard, number=change.number)
    assert (heard.id, heard.head, heard.author, heard.stand) == (change.id, change.head, world.ada, Stand.OPEN)
    assert (change.base_ref, change.from_fork, change.is_draft) == ("main", False, False)
    assert world.client.paths(world.place, change) == ["src/count.txt"]
    (wrote,) = world.client.commits(world.place, change)
    assert (wrote.commit, wrote.account, wrote.email) == (change.head, world.ada, "ada@example.com")
    assert [one.number for one in world.client.open_changes(world.place)].count(change.number) == 1
    found = world.client.files(world.place, change.base, ["README.md", "no/such", "../../etc/passwd"])
    assert list(found) == ["README.md"]
    assert b"orders" in found["README.md"]


def test_a_delivery_with_another_secret_or_body_isnt_genuine(world: World) -> None:
    world.pull("Signed", "signed.txt")
    headers, body = world.deliveries.get(timeout=20)
    assert GiteaInbound().verify(headers, body, [SECRET]).id
    with pytest.raises(NotGenuine):
        GiteaInbound().verify(headers, body, ["another"])
    with pytest.raises(NotGenuine):
        GiteaInbound().verify(headers, body + b" ", [SECRET])


def test_reviews_with_their_commits_and_what_a_push_makes_of_them(world: World) -> None:
    change = world.pull("Reviewed", "reviewed.txt")
    world.client.ask_review(world.place, change, [world.grace, world.grace])
    number = f"{REPO}/pulls/{change.number}"
    asked = world.forge.ask("boss", "GET", f"{number}/reviews").json()
    assert [(one["user"]["login"], one["state"]) for one in asked] == [("grace", "REQUEST_REVIEW")]
    world.forge.ask("grace", "POST", f"{number}/reviews", {"event": "APPROVED", "body": "fine"})
    assert world.heard(ChangeHeard, number=change.number).head == change.head
    (approval,) = world.client.reviews(world.place, change)
    assert (approval.by, approval.said, approval.commit) == (world.grace, Said.APPROVED, change.head)
    world.write("ada", "reviewed2.txt", "more\n", branch="reviewed.txt")
    pushed = world.heard(PushHeard, before=change.head)
    later = world.client.change(world.place, change.number)
    assert (pushed.after, pushed.by) == (later.head, world.ada)
    (stale,) = world.client.reviews(world.place, later)
    assert (stale.id, stale.commit) == (approval.id, change.head)
    assert sorted(world.patiently(later)) == ["reviewed.txt", "reviewed2.txt"]
    assert [one.commit for one in world.client.commits(world.place, later)] == [later.head, change.head]
    for ask in (world.client.paths, world.client.commits):
        with pytest.raises(ForgeError, match="another head"):
            ask(world.place, change)
    world.forge.ask("boss", "POST", f"{number}/reviews/{approval.id}/dismissals", {"message": "too old"})
    (dismissed,) = world.client.reviews(world.place, later)
    assert (dismissed.id, dismissed.said) == (approval.id, Said.DISMISSED)
    assert dismissed.at >= approval.at
    world.forge.ask("grace", "POST", f"{number}/reviews", {"event": "REQUEST_CHANGES", "body": "no"})
    assert world.client.reviews(world.place, later)[-1].said is Said.CHANGES


def test_a_rule_of_the_branch_waits_for_our_status(world: World) -> None:
    change = world.pull("Gated", "gated.txt")
    rule = {"branch_name": "main", "enable_status_check": True, "status_check_contexts": ["awayteam"]}
    world.forge.ask("boss", "POST", f"{REPO}/branch_protections", rule)
    (protection,) = world.client.protections(world.place)
    assert protection.contexts == ("awayteam",)
    assert protection.lacks("awayteam") == [
        "The rule main keeps approvals after a push; the gate doesn't count those.",
        "The rule main lets changes in against a review that rejects them; the gate waits.",
    ]
    headers = {"Authorization": f"token {world.forge.tokens['ada']}"}
    merge = f"{world.forge.address}/api/v1{REPO}/pulls/{change.number}/merge"

    def merged() -> str:
        answer = httpx.post(merge, json={"Do": "merge"}, headers=headers, timeout=30)
        return "" if answer.status_code == 200 else f"{answer.status_code} {answer.json()['message']}"

    world.until_mergeable(change)
    assert "status check" in merged()
    world.client.publish(world.place, change, notice(Colour.WAITING))
    assert "status check" in merged()
    world.client.publish(world.place, change, notice(Colour.GREEN))
    for _ in range(2):
        world.client.publish(world.place, change, notice(Colour.GREEN))
    told = world.forge.ask("boss", "GET", f"{REPO}/statuses/{change.head}").json()
    assert sorted(one["status"] for one in told) == ["pending", "success"]
    world.until_mergeable(change)
    assert merged() == ""
    world.forge.ask("boss", "DELETE", f"{REPO}/branch_protections/main")
    heard = world.heard(ChangeHeard, number=change.number, stand=Stand.MERGED)
    assert (heard.merged_by, world.client.change(world.place, change.number).stand) == (world.ada, Stand.MERGED)


def test_checks_are_the_newest_of_each_name_without_ours(world: World) -> None:
    change = world.pull("Checked", "checked.txt")
    for state in ("failure", "success"):
        told = {"state": state, "context": "ci/test"}
        world.forge.ask("boss", "POST", f"{REPO}/statuses/{change.head}", told)
    world.forge.ask("boss", "POST", f"{REPO}/statuses/{change.head}", {"state": "pending", "context": "ci/lint"})
    world.client.publish(world.place, change, notice(Colour.RED))
    assert world.client.checks(world.place, change.head) == [CheckRun("ci/lint", None), CheckRun("ci/test", True)]


def test_one_comment_is_edited_and_a_forged_one_is_left_alone(world: World) -> None:
    change = world.pull("Commented", "commented.txt")
    path = f"{REPO}/issues/{change.number}/comments"
    world.forge.ask("ada", "POST", path, {"body": "<!-- awayteam -->\nAllowed, honestly."})
    for text in ("first", "first", "second"):
        world.client.comment(world.place, change, text)
    found = [
        (one["user"]["login"], one["body"].splitlines()[-1]) for one in world.forge.ask("boss", "GET", path).json()
    ]
    assert found == [("ada", "Allowed, honestly."), ("boss", "second")]


def test_an_issue_with_a_label_is_heard(world: World) -> None:
    label = world.forge.ask("boss", "POST", f"{REPO}/labels", {"name": "away request", "color": "#00aabb"}).json()["id"]
    told = {"title": "Please count", "body": "By day.", "labels": [label]}
    number = world.forge.ask("boss", "POST", f"{REPO}/issues", told).json()["number"]
    heard = world.heard(IssueHeard, number=number)
    assert (heard.title, heard.words, heard.is_open, heard.by) == ("Please count", "By day.", True, world.boss)
    world.client.comment_issue(world.place, number, "It became a request.")
    comments = world.forge.ask("boss", "GET", f"{REPO}/issues/{number}/comments").json()
    assert comments[0]["body"].endswith("It became a request.")


def test_access_is_given_read_back_and_taken_and_really_ends(world: World) -> None:
    visitor = Account(str(world.forge.user("visitor")), "visitor")
    wanted = Wanted(visitor, Level.WRITE, UNTIL)
    with pytest.raises(AssertionError, match=r"40[34]"):
        world.write("visitor", "before.txt", "x", branch="main", new_branch="before")
    for _ in range(2):
        world.grants.give(world.place, wanted)
    (held,) = [one for one in world.grants.held(world.place) if one.account.id == visitor.id]
    assert (held.account, held.level, held.direct, held.pending) == (visitor, Level.WRITE, True, False)
    assert world.write("visitor", "during.txt", "x", branch="main", new_branch="during").status_code == 201
    for _ in range(2):
        world.grants.take(world.place, held)
    assert visitor.id not in {one.account.id for one in world.grants.held(world.place)}
    with pytest.raises(AssertionError, match=r"40[34]"):
        world.write("visitor", "after.txt", "x", branch="during", new_branch="after")
    owner = next(one for one in world.grants.held(world.place) if one.account.id == world.boss.id)
    assert (owner.direct, owner.level) == (False, Level.ADMIN)
    with pytest.raises(ForgeError, match="owning"):
        world.grants.take(world.place, owner)


def test_a_name_that_another_repository_took_isnt_followed(world: World) -> None:
    made = world.forge.ask("boss", "POST", "/user/repos", {"name": "first", "auto_init": True}).json()
    place = Place(str(made["id"]), "boss/first")
    world.forge.ask("boss", "PATCH", "/repos/boss/first", {"name": "second"})
    other = world.forge.ask("boss", "POST", "/user/repos", {"name": "first", "auto_init": True}).json()
    world.grants.give(place, Wanted(world.ada, Level.READ, UNTIL))
    given = world.forge.ask("boss", "GET", "/repos/boss/second/collaborators").json()
    assert [one["login"] for one in given] == ["ada"]
    assert world.forge.ask("boss", "GET", "/repos/boss/first/collaborators").json() == []
    gone = Place(str(other["id"]), "boss/first")
    world.forge.ask("boss", "DELETE", "/repos/boss/first")
    with pytest.raises(ForgeError) as error:
        world.grants.give(gone, Wanted(world.ada, Level.READ, UNTIL + timedelta(days=1)))
    assert error.value.final


def test_a_member_of_a_team_has_access_that_isnt_ours_to_take(world: World) -> None:
    world.forge.ask("boss", "POST", "/orgs", {"username": "shop"})
    made = world.forge.ask("boss", "POST", "/orgs/shop/repos", {"name": "stock", "auto_init": True}).json()
    units = ["repo.code", "repo.pulls", "repo.issues"]
    team = {"name": "writers", "permission": "write", "includes_all_repositories": True, "units": units}
    number = world.forge.ask("boss", "POST", "/orgs/shop/teams", team).json()["id"]
    world.forge.ask("boss", "PUT", f"/teams/{number}/members/grace")
    held = [one for one in world.grants.held(Place(str(made["id"]), "shop/stock")) if one.account.id == world.grace.id]
    assert [(one.level, one.direct) for one in held] == [(Level.WRITE, False)]


def test_what_is_examined_and_listed(world: World) -> None:
    found = world.client.examine()
    assert found[0].says == "We are boss there."
    assert any("No rule protects main" in one.says and not one.passes for one in found)
    assert world.place.id in {one.id for one in world.client.places()}
    bad, _ = connect(Settings(world.forge.address, {"token": "0" * 40}, allow_private=True))
    assert isinstance(bad, GiteaClient)
    with pytest.raises(ForgeError, match="401"):
        bad.examine()
    bad.http.close()
    with pytest.raises(ForgeError, match="not public"):
        connect(Settings(world.forge.address, {"token": "x"}))
    assert [kind.kind for kind in KINDS] == ["gitea", "forgejo"]
