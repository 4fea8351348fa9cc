"""`awayteam check` on real repositories: what it lets in, what it refuses, and what it can't tell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awayteam.cli.main import main
from awayteam.gate.tests.post import AFTER, AGREEMENT, NOW, ORGANISATION, Post

Check = Callable[..., Any]


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path / "shop")


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], post: Post) -> Check:
    for key in ("GITHUB_REPOSITORY", "CI_PROJECT_PATH", "GL_PROJECT_PATH", "AWAYTEAM_REPOSITORY", "AWAYTEAM_TOKEN"):
        monkeypatch.delenv(key, raising=False)

    def run(head: str, *arguments: str, code: int, at: str = NOW, base: str = "", plain: bool = False) -> Any:
        words = ["check", "--repo", post.path, "--base", base or post.base, "--head", head, *arguments]
        words += ["--at", at] if at else []
        words += [] if plain or code == 2 else ["--json"]
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr()
        assert left.value.code == code, said.out + said.err
        return said.err if code == 2 else said.out if plain else json.loads(said.out)

    return run


def test_a_visit_waits_for_the_home_team_and_goes_in_on_its_word(post: Post, check: Check) -> None:
    head = post.change("pay/api.py")
    waiting = check(head, "--author", "bob", code=1)
    assert waiting["outcome"] == "waiting"
    assert waiting["sections"][0]["standing"] == "visit"
    assert waiting["sections"][0]["engagement"] == 12
    assert waiting["sections"][0]["needs"][0]["people"] == ["user:default/ada", "user:default/bea"]
    allowed = check(head, "--author", "bob", "--approval", f"ada@{head[:12]}", code=0)
    assert allowed["outcome"] == "allowed"
    assert allowed["until"] == "2026-12-01T00:00:00Z"


def test_after_its_time_the_visit_is_the_code_of_others(post: Post, check: Check) -> None:
    head = post.change("pay/api.py")
    told = check(head, "--author", "bob", code=1, at=AFTER)
    assert told["sections"][0]["standing"] == "away"
    assert check(head, "--author", "bob", "--suppose", "extended:12:2026-12-31", "--suppose", "approved:ada", code=0,
                 at=AFTER)["outcome"] == "allowed"  # fmt: skip


def test_what_was_supposed_is_said(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "--repo", post.path, "--base", post.base, "--head", post.change("pay/api.py"), "--at", NOW]
    with pytest.raises(SystemExit):
        main([*words, "--author", "bob", "--suppose", "approved:ada"])
    assert "supposed: approved:ada; of the change as it is this says nothing" in capsys.readouterr().err


@pytest.mark.parametrize("who", ["user:default/bob", "bob", "bob-gh", "@bob", "bob@x.org", "BOB@X.ORG"])
def test_authors_are_known_by_reference_login_and_address(post: Post, check: Check, who: str) -> None:
    assert check(post.change("web/page.py"), "--author", who, "--way", "push", code=0)["outcome"] == "allowed"


def test_nobody_approves_own_work_nor_what_they_did_not_see(post: Post, check: Check) -> None:
    first = post.change("pay/api.py", name="Ada L", email="ada@x.org")
    head = post.change("pay/more.py")
    told = check(head, "--author", "bob", "--approval", "ada", "--approval", f"bea@{first}", code=1)
    assert {one["rule"] for one in told["reasons"]} == {"self-approval", "stale-approval"}
    assert check(head, "--author", "bob", "--approval", "bea", code=0)["outcome"] == "allowed"
    told = check(head, "--author", "bob", "--approval", "bea", "--reject", "bea", code=1)
    assert "objection" in {one["rule"] for one in told["reasons"]}


def test_a_change_of_the_agreements_is_judged_by_the_base(post: Post, check: Check) -> None:
    wider = AGREEMENT.replace('patterns = ["/pay/"]', 'patterns = ["/"]').replace("2026-12-01T", "2036-12-01T")
    stolen = ORGANISATION.replace("members: [{person: ada, role: decider}, bea]", "members: [bob]")
    head = post.commit(
        {
            ".awayteam/agreements/12.toml": wider,
            ".awayteam/organisation/awayteam.yaml": stolen,
            ".github/CODEOWNERS": "* @shop\n",
            "pay/api.py": "mine\n",
        }
    )
    told = check(head, "--author", "bob", "--way", "push", code=1)
    assert {path for one in told["sections"] if one["outcome"] != "allowed" for path in one["paths"]} == {
        ".awayteam/agreements/12.toml", ".awayteam/organisation/awayteam.yaml", ".github/CODEOWNERS", "pay/api.py",
    }  # fmt: skip


def test_the_folder_of_the_change_itself_is_refused(post: Post, check: Check) -> None:
    head = post.commit({".awayteam/agreements/12.toml": AGREEMENT.replace("2026-12-01", "2036-12-01")})
    folder = f"{post.path}/.awayteam"
    assert "lies in the repository itself" in check(head, "--author", "bob", "--agreements", folder, code=2)
    assert "part of the change" in check(head, "--author", "bob", "--agreements", "main:.awayteam", code=2)
    post.repo.git("checkout", "-q", "-b", "later")
    post.change("x")
    assert "part of the change" in check(head, "--author", "bob", "--agreements", "later:.awayteam", code=2)
    assert check(head, "--author", "bob", "--agreements", f"{post.base}:.awayteam", code=1)["outcome"] == "waiting"


def test_a_folder_outside_says_which_repository_it_means(post: Post, check: Check, tmp_path: Path) -> None:
    head = post.change("pay/api.py")
    folder = tmp_path / "agreed"
    (folder / "agreements").mkdir(parents=True)
    (folder / "organisation").mkdir()
    (folder / "organisation/awayteam.yaml").write_text(ORGANISATION)
    (folder / "agreements/12.toml").write_text(AGREEMENT)
    assert '"." means the repository' in check(head, "--author", "bob", "--agreements", str(folder), code=2)
    (folder / "agreements/12.toml").write_text(AGREEMENT.replace('["."]', '["acme/shop"]'))
    arguments = ("--author", "bob", "--agreements", str(folder), "--approval", "bea")
    assert check(head, *arguments, "--name", "acme/shop", code=0)["outcome"] == "allowed"
    assert check(head, *arguments, "--name", "other/shop", code=0)["sections"][0]["standing"] == "away"


def test_a_broken_agreement_stops_only_those_whom_it_may_concern(post: Post, check: Check) -> None:
    broken = AGREEMENT.replace("id = 12", "id = 13").replace('"every-change"', '"whatever"')
    base = post.commit({".awayteam/agreements/13.toml": broken.replace('["."]', '["acme/other"]')})
    head = post.change("pay/api.py")
    assert check(head, "--author", "bob", "--approval", "ada", code=0, base=base)["outcome"] == "allowed"
    base = post.commit({".awayteam/agreements/13.toml": broken})
    head = post.change("pay/api.py", text="three\n")
    said = check(head, "--author", "bob", "--approval", "ada", code=2, base=base)
    assert "agreements/13.toml:5: review_mode: this must be one of every-change, architecture, bar-raiser" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "say --author"),
        (("--author", "bob", "--way", "walk"), "--way walk"),
        (("--author", "bob", "--suppose", "nothing"), "begin with one of"),
        (("--author", "bob", "--format", "pdf"), "--format pdf"),
        (("--author", "bob", "--ownership", "sap"), "--ownership sap"),
        (("--author", "bob", "--agreements", "/no/such/folder"), "there is no such folder"),
        (("--author", "bob", "--agreements", "nowhere:x"), "no branch, tag or commit"),
        (("--author", "bob", "--event", "/no/such/file"), "No such file"),
        (("--author", "bob", "--server", "ftp://x"), "leave out"),
    ],
)
def test_what_cannot_be_told_says_why(post: Post, check: Check, arguments: tuple[str, ...], says: str) -> None:
    assert says in check(post.change("pay/api.py"), *arguments, code=2)


def test_a_base_without_a_folder_and_a_head_that_is_not_here(post: Post, check: Check) -> None:
    bare = post.commit({".awayteam/agreements/12.toml": None, ".awayteam/organisation/awayteam.yaml": None})
    head = post.change("pay/api.py")
    assert "there is no such folder" in check(head, "--author", "bob", code=2, base=bare)
    assert "fetch it first" in check("1" * 40, "--author", "bob", code=2)
    assert "no commit" in check("0" * 40, "--author", "bob", code=2)


@pytest.mark.parametrize("format", ["text", "markdown", "github"])
def test_people_read_why(
    post: Post, check: Check, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    said = check(post.change("pay/api.py"), "--author", "bob", "--format", format, "--explain", code=1, plain=True)
    assert "Waits for payments" in said
    assert "Ada L" in said
    assert (tmp_path / "summary.md").exists() == (format == "github")


def test_an_event_names_commits_and_the_author_by_id(post: Post, check: Check, tmp_path: Path) -> None:
    head = post.change("web/page.py")

    def event(login: str, number: int) -> str:
        path = tmp_path / "event.json"
        pull = {"base": {"sha": post.base, "repo": {"id": 1}}, "head": {"sha": head, "repo": {"id": 1}}, "number": 3,
                "user": {"login": login, "id": number, "type": "User"}}  # fmt: skip
        path.write_text(json.dumps({"pull_request": pull, "repository": {"full_name": "acme/shop"}}))
        return str(path)

    def standing(*arguments: str) -> str:
        return str(check(head, *arguments, code=1)["sections"][0]["standing"])

    assert standing("--event", event("renamed", 77)) == "home"
    assert standing("--event", event("bob-gh", 77)) == "home"
    assert standing("--event", event("bob-gh", 78)) == "unknown", "somebody took over the login"
    assert standing("--event", event("bob", 79)) == "unknown", "a handle of ours is no login of theirs"
    assert standing("--event", event("cyd", 80)) == "home"


def test_who_left_is_nobody_although_a_team_still_lists_them(post: Post, check: Check) -> None:
    listed = ORGANISATION.replace("members: [bob,", "members: [gus, bob,")
    base = post.commit({".awayteam/organisation/awayteam.yaml": listed})
    head = post.change("web/page.py", name="Gus G", email="gus@x.org")
    told = check(head, "--author", "gus", "--way", "push", code=1, base=base)
    assert [one["standing"] for one in told["sections"]] == ["unknown"]
    assert told["sections"][0]["needs"][0]["people"] == ["user:default/cyd", "user:default/bob"]
    assert check(head, "--author", "gus", "--way", "push", code=0, base=base, at="2026-11-09T12:00:00Z")["allowed"]


def test_a_program_is_of_no_team_although_its_account_is_listed(post: Post, check: Check, tmp_path: Path) -> None:
    head = post.change("web/page.py")
    event = tmp_path / "event.json"
    sender = {"login": "bob-gh", "id": 77, "type": "Bot"}
    event.write_text(json.dumps({"ref": "refs/heads/main", "before": post.base, "after": head, "pusher": {},
                                 "sender": sender}))  # fmt: skip
    told = check(head, "--event", str(event), code=1)
    assert [(one["standing"], one["outcome"]) for one in told["sections"]] == [("bot", "waiting")]
    event.write_text(event.read_text().replace("Bot", "User"))
    assert check(head, "--event", str(event), code=0)["sections"][0]["standing"] == "home"
