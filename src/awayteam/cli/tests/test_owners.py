import json
import subprocess
import sys
from pathlib import Path

import pytest

from awayteam.contributions.tests.gitrepo import Repo

RULES = "* @all\n/docs/ @docs @org/writers\n/free/\n*.xyz @x\nbad line\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "r")
    made.commit({"CODEOWNERS": RULES, "docs/a": "1", "free/b": "1"})
    return made


def owners(*args: str, input: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from awayteam.cli.main import main; main(sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", code, "owners", *args], input=input, capture_output=True, check=False)


def test_json_of_given_paths(repo: Repo) -> None:
    done = owners(str(repo.path), "docs/none", "free/x", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        {
            "path": "docs/none",
            "owners": ["@docs", "@org/writers"],
            "status": "owned",
            "rule": {"file": "CODEOWNERS", "line": 2, "pattern": "/docs/"},
        },
        {
            "path": "free/x",
            "owners": [],
            "status": "unowned",
            "rule": {"file": "CODEOWNERS", "line": 3, "pattern": "/free/"},
        },
    ]


def test_all_files_of_a_ref_and_of_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    repo.git("tag", "old")
    repo.commit({"CODEOWNERS": "* @new\n", "more": "1"})
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    lines = owners(str(tmp_path / "bare.git")).stdout.decode().splitlines()
    assert lines == [f"{path}\t@new\tCODEOWNERS:1" for path in ("CODEOWNERS", "docs/a", "free/b", "more")]
    old = owners(str(tmp_path / "bare.git"), "--ref", "old").stdout.decode().splitlines()
    assert old[1] == "docs/a\t@docs @org/writers\tCODEOWNERS:2"


def test_paths_on_standard_input(repo: Repo) -> None:
    done = owners(str(repo.path), "--stdin", input=b"docs/x\r\n\nfree/y\n")
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == ["docs/x", "free/y"]
    done = owners(str(repo.path), "--stdin", "-z", input=b"docs/a\nb\0\xff.xyz\0")
    assert done.stdout.split(b"\0") == [
        b"docs/a\nb\t@docs @org/writers\tCODEOWNERS:2",
        b"\xff.xyz\t@x\tCODEOWNERS:4",
        b"",
    ]
    done = owners(str(repo.path), "--stdin", "-z", "--json", input=b"\xff.xyz\0")
    assert json.loads(done.stdout)[0]["path"] == "\udcff.xyz"


def test_lint(repo: Repo) -> None:
    done = owners("lint", str(repo.path))
    text = done.stdout.decode()
    assert "CODEOWNERS:5: error: 'line' is no @user" in text
    assert "CODEOWNERS:4: warning: '*.xyz' matches no file" in text
    assert done.returncode == 1
    rows = json.loads(owners("lint", str(repo.path), "--json").stdout)
    assert [row["line"] for row in rows] == [4, 5]


def test_lint_with_the_organisation(repo: Repo, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("github,team\nall,writer\ndocs,writer\nx,\n")
    rows = json.loads(owners("lint", str(repo.path), "--json", "--org", str(people)).stdout)
    unknown = [row for row in rows if row["code"] == "unknown-owner"]
    assert [(row["line"], row["suggestion"]) for row in unknown] == [(2, "@org/writer")]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["nowhere"], 1, b"doesn't exist"),
        ([".", "--ref", "none"], 1, b"none"),
        ([".", "--format", "svn"], 2, b"choose one of"),
        (["lint"], 2, b"name a repository"),
        (["lint", ".", "a"], 2, b"no paths"),
    ],
)
def test_errors_are_one_sentence(repo: Repo, args: list[str], code: int, said: bytes) -> None:
    done = owners(*[str(repo.path) if arg == "." else arg for arg in args])
    assert done.returncode == code
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


def test_no_repository_and_an_empty_one(tmp_path: Path) -> None:
    assert b"no git repository" in owners(str(tmp_path)).stderr
    Repo(tmp_path / "empty")
    done = owners(str(tmp_path / "empty"))
    assert (done.returncode, b"no commits yet" in done.stderr) == (1, True)


def test_neither_owners_nor_scan_needs_django() -> None:
    code = (
        "import sys, typer; from awayteam.cli import owners, scan, identities; import awayteam.contributions.scan, "
        "awayteam.contributions.report_html, awayteam.contributions.report_terminal; assert 'django' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
