import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from awayteam.cli import identities, owners
from awayteam.cli import scan as scan_command
from awayteam.contributions.opening import Options
from awayteam.contributions.organisation import read_organisation
from awayteam.contributions.report_json import report
from awayteam.contributions.scan import scan
from awayteam.contributions.tests.gitrepo import Repo

DAY = 86_400
T0 = 1_700_000_000
RULES = "/api/ @org/api\n/web/ @org/web\n/both/ @org/api @org/web\n/ada.txt @ada\n"
ORG = """\
name: Org
members: [bob, carol, dave]
admins: [ada]
teams:
  Api:
    members: [ada]
    teams:
      Api Core:
        members: [carol]
  Web:
    members: [bob]
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"CODEOWNERS": RULES}, email="1+ada@users.noreply.github.com", when=T0)
    return made


@pytest.fixture
def org(tmp_path: Path) -> Path:
    folder = tmp_path / "org"
    folder.mkdir()
    (folder / "org.yaml").write_text(f"orgs:\n  org:\n{''.join(f'    {line}{chr(10)}' for line in ORG.splitlines())}")
    return folder


def run(repos: list[Repo], org: Path | None, **options: Any) -> dict[str, Any]:
    organisation = read_organisation([org] if org else [], nested=options.get("nested", True))
    return report(scan([str(repo.path) for repo in repos], organisation, Options(**options)))


def command() -> typer.Typer:
    app = typer.Typer()
    for module in (identities, owners, scan_command):
        module.register(app)
    return app


def by(login: str) -> dict[str, str]:
    return {"name": login.title(), "email": f"1+{login}@users.noreply.github.com"}


def test_classes_and_flows(repo: Repo, org: Path) -> None:
    repo.commit({"api/a": "1"}, **by("ada"), when=T0 + 1)
    repo.commit({"api/a": "2"}, **by("bob"), when=T0 + 2)
    repo.commit({"api/a": "3", "web/a": "1"}, **by("bob"), when=T0 + 3)
    repo.commit({"free": "1"}, **by("bob"), when=T0 + 4)
    repo.commit({"api/b": "1"}, **by("carol"), when=T0 + 5)
    repo.commit({"web/b": "1", "both/x": "1"}, **by("stranger"), when=T0 + 6)
    repo.commit({"api/a": "4"}, name="dependabot[bot]", email="d@x.org", when=T0 + 7)
    repo.commit({}, **by("bob"), when=T0 + 8)
    data = run([repo], org)
    assert data["commits"] == {
        "total": 9, "human": 8, "bot": 1, "no_files": 1, "duplicates": 0, "merges_left_out": 0,
    }  # fmt: skip
    assert data["classes"] == {"home": 2, "away": 2, "mixed": 1, "unowned": 2}
    assert data["members_only"] == {"home": 2, "away": 1, "mixed": 1, "unowned": 2}
    assert {(row["from"], row["to"]): (row["commits"], row["files"]) for row in data["flows"]} == {
        ("api", "api"): (2, 2),
        ("web", "api"): (2, 2),
        ("web", "web"): (1, 1),
        ("(outsiders)", "web"): (1, 1),
        ("(outsiders)", "api + web"): (1, 1),
    }
    authors = data["authors"]
    assert (authors["resolved"], authors["outsiders"], authors["unresolved"]) == (3, 1, 0)
    assert authors["by_method"] == {"noreply address": 3}
    api = next(row for row in data["areas"] if row["area"] == "/api/")
    assert (api["owners"], api["commits"], api["home"], api["away"], api["authors"]) == (["@org/api"], 4, 2, 2, 3)
    assert api["top_author_share"] == 0.5
    assert data["definitions"]["as_of"] == "commit", "the window holds the commit that brought the rules"


def test_nesting_can_be_switched_off(repo: Repo, org: Path) -> None:
    repo.commit({"api/b": "1"}, **by("carol"), when=T0 + 5)
    assert run([repo], org)["classes"]["home"] == 1
    assert run([repo], org, nested=False)["classes"]["home"] == 0


def test_rules_of_the_commits_time(repo: Repo, org: Path) -> None:
    repo.commit({"api/a": "1"}, **by("bob"), when=T0 + DAY)
    repo.commit({"CODEOWNERS": "/api/ @org/web\n"}, **by("ada"), when=T0 + 2 * DAY)
    repo.commit({"api/a": "2"}, **by("bob"), when=T0 + 3 * DAY)
    data = run([repo], org)
    assert data["definitions"]["as_of"] == "commit"
    assert data["classes"] == {"home": 1, "away": 1, "mixed": 0, "unowned": 2}
    assert data["definitions"]["as_of_difference"] == {"other": "head", "commits": 1, "share": 0.25}
    assert run([repo], org, as_of="head")["classes"] == {"home": 2, "away": 0, "mixed": 0, "unowned": 2}
    assert data["repositories"][0]["rules"]["versions"] == 3


def test_membership_of_the_commits_time(repo: Repo, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("github,team,starts,ends\nada,api,2023-11-15,\nada,web,,2023-11-15\n")
    repo.commit({"api/a": "1"}, **by("ada"), when=T0)
    repo.commit({"api/a": "2"}, **by("ada"), when=T0 + 5 * DAY)
    data = run([repo], people)
    assert data["definitions"]["as_of"] == "commit"
    assert (data["classes"]["away"], data["classes"]["home"]) == (1, 1)
    assert run([repo], people, as_of="head")["classes"]["home"] == 2


def test_prow_aliases_as_owners(tmp_path: Path, org: Path) -> None:
    repo = Repo(tmp_path / "p")
    repo.commit({"OWNERS": "approvers: [leads]\n", "OWNERS_ALIASES": "aliases: {leads: [Ada]}\n"}, **by("x"), when=T0)
    repo.commit({"x": "1"}, **by("ada"), when=T0 + 1)
    repo.commit({"x": "2"}, **by("bob"), when=T0 + 2)
    data = run([repo], org)
    assert data["classes"]["home"] == 1
    assert {(row["from"], row["to"]) for row in data["flows"]} == {
        ("leads", "leads"),
        ("web", "leads"),
        ("(outsiders)", "leads"),
    }


def test_window_counts_back_from_the_newest_commit(repo: Repo, org: Path) -> None:
    repo.commit({"api/a": "1"}, **by("ada"), when=T0 + 400 * DAY)
    assert run([repo], org)["commits"]["total"] == 1
    assert run([repo], org, since="2y")["commits"]["total"] == 2
    assert run([repo], org, since="all")["window"]["from"] is None
    assert run([repo], org, until="2023-12-01")["commits"]["total"] == 1


def test_commits_of_the_future_do_not_move_the_window(repo: Repo, org: Path) -> None:
    repo.commit({"api/a": "1"}, **by("ada"), when=0)
    repo.commit({"api/a": "2"}, **by("ada"), when=4_070_908_800)
    data = run([repo], org)
    assert data["commits"]["total"] == 1
    assert data["window"]["to"] == "2023-11-14T22:13:20Z"
    assert any("future" in note for note in data["repositories"][0]["notes"])


def test_copies_count_once(repo: Repo, org: Path, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other")
    other.commit({"CODEOWNERS": RULES}, **by("dave"), when=T0 - 5)
    repo.commit({"api/a": "1"}, **by("ada"), when=T0 + 1, message="sync me")
    other.commit({"lib/api/a": "1"}, **by("ada"), when=T0 + 1, message="sync me")
    other.commit({"api/z": "1"}, **by("ada"), when=T0 + 2, message="own")
    data = run([repo, other], org)
    assert (data["commits"]["total"], data["commits"]["duplicates"]) == (5, 1)
    assert {row["area"] for row in data["areas"]} == {"r: /api/", "other: /api/"}


def test_latency_from_first_commit_to_merge(repo: Repo, org: Path) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"api/a": "1"}, **by("bob"), when=T0 + 3600)
    repo.commit({"api/b": "1"}, name="Robert", email="bob@corp.example", when=T0 + 7200)
    repo.git("checkout", "-q", "main")
    repo.commit({"api/c": "1"}, **by("ada"), when=T0 + 4000)
    repo.merge("side", when=T0 + 3 * 3600, message="Merge pull request #1 from bob/side")
    data = run([repo], org)
    assert data["latency"] == {"away": {"branches": 1, "median_hours": 2.0}}
    assert data["commits"]["merges_left_out"] == 1
    assert data["authors"]["by_method"] == {"noreply address": 2}
    assert data["authors"]["unresolved"] == 0, "the branch's owner explains its last author"


def test_broken_history_gives_a_partial_result(repo: Repo, org: Path) -> None:
    for n in range(40):
        repo.commit({"api/a": str(n)}, **by("ada"), when=T0 + n)
    broken = repo.git("rev-parse", "HEAD~20")
    target = repo.path / ".git" / "objects" / broken[:2] / broken[2:]
    target.chmod(0o600)
    target.write_bytes(b"garbage")
    data = run([repo], org)
    assert data["partial"]
    assert data["commits"]["total"] == 19, "the newest twenty but the one whose parent git wanted to see"
    assert "breaks off" in data["repositories"][0]["notes"][0]


def test_a_repository_that_fails_sinks_no_other(repo: Repo, org: Path, tmp_path: Path) -> None:
    found = scan([str(repo.path), str(tmp_path / "none")], read_organisation([org]), Options())
    assert len(found.repos) == 1
    assert "doesn't exist" in found.failed[0]
    assert report(found)["partial"]


def test_contradictions_of_catalog_and_rules(repo: Repo, org: Path) -> None:
    head = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
    entity = head + "metadata: {name: %s}\nspec: {type: service, lifecycle: production, owner: web}\n"
    repo.commit({"api/catalog-info.yaml": entity % "api", "web/catalog-info.yaml": entity % "web"}, when=T0 + 1)
    (one,) = run([repo], org)["contradictions"]
    assert (one["path"], one["catalog_owner"], one["rule_owners"]) == ("api", "group:default/web", ["@org/api"])


def test_owners_that_nobody_declares_are_named(repo: Repo) -> None:
    repo.commit({"api/a": "1", "ada.txt": "x"}, **by("ada"), when=T0 + 1)
    data = run([repo], None)
    assert data["unknown_owners"] == [{"owner": "@org/api", "commits": 1}]
    assert data["classes"]["mixed"] == 1, "a login in the rules is a person even without organisation files"


def test_the_command(repo: Repo, org: Path, tmp_path: Path) -> None:
    repo.commit({"api/a": "1"}, **by("bob"), when=T0 + 1)
    runner = CliRunner()
    page = tmp_path / "map.html"
    done = runner.invoke(command(), ["scan", str(repo.path), "--org", str(org), "--json", "--html", str(page)])
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert data["classes"]["away"] == 1
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org", "")
    shown = runner.invoke(command(), ["scan", str(repo.path), "--org", str(org)])
    assert "Who changes whose code" in shown.stdout
    assert runner.invoke(command(), ["scan", str(repo.path), "--since", "soon"]).exit_code == 2
    assert runner.invoke(command(), ["scan", str(tmp_path / "none")]).exit_code == 1


def test_bots_of_a_rulebook(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"api/a": "1"}, name="Release Train", email="train@x.org", when=T0 + 1)
    file = tmp_path / "rulebook.toml"
    file.write_text('[contributions]\nmore_bots = ["release-*"]\n')
    line = ["scan", str(repo.path), "--json", "--rulebook", str(file)]
    done = CliRunner().invoke(command(), line)
    assert json.loads(done.stdout)["commits"]["bot"] == 1
    assert run([repo], None)["commits"]["bot"] == 0
    file.write_text('[contributions]\nmore_bots = ["*"]\n')
    refused = CliRunner().invoke(command(), line)
    assert refused.exit_code != 0
    assert f"{file}:2" in str(refused.exception)
    assert CliRunner().invoke(command(), [*line[:-1], str(tmp_path / "none")]).exit_code == 1


def test_identities_command_lists_and_corrects(repo: Repo, org: Path, tmp_path: Path) -> None:
    for n in range(3):
        repo.commit({"api/a": str(n)}, name="Ghost", email="ghost@corp.example", when=T0 + n)
    repo.commit({"api/a": "x"}, name="Elf", email="elf@corp.example", when=T0 + 9)
    runner = CliRunner()
    done = runner.invoke(command(), ["identities", str(repo.path), "--org", str(org), "--json"])
    rows = json.loads(done.stdout)
    assert [(row["name"], row["commits"]) for row in rows] == [("Ghost", 3), ("Elf", 1)]
    file = tmp_path / "aliases"
    line = ["identities", str(repo.path), "--org", str(org), "--json", "--aliases", str(file)]
    done = runner.invoke(command(), [*line, "--assign", "bob = Ghost <ghost@corp.example>"])
    assert [row["name"] for row in json.loads(done.stdout)] == ["Elf"]
    assert file.read_text() == "bob = Ghost <ghost@corp.example>\n"
    assert runner.invoke(command(), [*line, "--assign", "nonsense"]).exit_code == 2
