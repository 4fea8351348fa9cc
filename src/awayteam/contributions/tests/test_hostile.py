"""Scans of repositories that mean harm: a clear message, bounded time, a partial result that says so."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from awayteam.contributions.opening import Options
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.report_html import page
from awayteam.contributions.report_json import report
from awayteam.contributions.scan import scan
from awayteam.contributions.tests.hostile import T0, bare, commit, fast_import, git, literal
from awayteam.contributions.tests.test_scan import command
from awayteam.sources.githistory.log import MAX_FILES
from awayteam.sources.ownership.github import MAX_BYTES

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
RULES = (b"CODEOWNERS", b"/a/ @one\n")


def scanned(repo: Path, **options: Any) -> dict[str, Any]:
    return report(scan([str(repo)], Organisation(), Options(since="all", **options)))


def run(*line: str | Path) -> Result:
    done = CliRunner().invoke(command(), [str(part) for part in line])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def weird(tmp_path: Path) -> Path:
    rules = b"/a/ @one\n/\xff\xfe/ @two\n/\x1b[2J/ @one\n/html<b>/ @two\n/esc/ @<img>\n"
    return fast_import(
        bare(tmp_path / "weird"),
        commit([(b"CODEOWNERS", rules), (b"a/\x1b[2Jclear", b"1"), (b"\x1b[2J/x", b"1")], who=b"\x1b[31mRed <r@x.org>"),
        commit(
            [(b"a/new\nline", b"1"), (b"\xff\xfe/bin", b"2"), (b"html<b>/y", b"3")], who=b'\xff\xfe & "Q" <b@x.org>'
        ),
        commit([(b"a/[/red]", b"1")], who=b"[/red] [bot tom] <m@x.org>", subject=b"\x1b]0;title\x07 <script>"),
        commit([(b"a/" + b"long" * 60, b"1")], who=b"Nobody <>"),
    )


def test_names_and_paths_reach_no_terminal_raw(weird: Path) -> None:
    for line in (["scan", weird, "--since", "all"], ["owners", weird], ["owners", "lint", weird],
                 ["identities", weird, "--since", "all", "--kind", "all"]):  # fmt: skip
        done = run(*line)
        assert not CONTROL.search(done.output), line
    shown = run("owners", weird).output
    for path in ("a/new\\nline\t@one", "\\xff\\xfe/bin\t@two", "\\x1b[2J/x\t@one"):
        assert path in shown
    people = run("identities", weird, "--since", "all", "--kind", "all").output
    assert "[/red] [bot tom]" in people, "what looks like markup is a name"


def test_names_are_text_in_the_page(weird: Path) -> None:
    literal(weird, b"<script>alert(1)</script> <img src=x onerror=alert(1)>", b"%d +0000" % (T0 + 9))
    text = page(scan([str(weird)], Organisation(), Options(since="all")))
    assert "<script" not in text
    assert "<img" not in text
    assert "html&lt;b&gt;" in text
    assert not CONTROL.search(text)


def test_json_keeps_every_name(weird: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from awayteam.cli.main import main; main()", "owners", str(weird), "--json"],
        check=True, capture_output=True,
    )  # fmt: skip
    paths = {row["path"] for row in json.loads(done.stdout)}
    assert {"a/new\nline", "a/\x1b[2Jclear"} <= paths
    assert b"\xff\xfe/bin".decode("utf-8", "surrogateescape") in paths


@pytest.mark.parametrize(
    ("who", "when", "total"),
    [
        (b"", b"", 2),
        (b"A <a@x.org>", b"99999999999999999999999999 +0000", 2),
        (b"A <a@x.org>", b"-5 +0000", 2),
        (b"A <a@x.org>", b"soon", 2),
        (b"A a@x.org", b"1700000001 +0000", 2),
        (b"A <a@x.org>", b"253402300800 +0000", 1),
    ],
)
def test_a_newest_commit_without_name_or_date(tmp_path: Path, who: bytes, when: bytes, total: int) -> None:
    repo = fast_import(bare(tmp_path / "r"), commit([RULES, (b"a/x", b"1")]))
    literal(repo, who, when)
    data = scanned(repo)
    assert data["commits"]["total"] in (total, 2, 1)
    assert data["window"]["to"] == "2023-11-14T22:13:20Z" or data["window"]["to"] is not None
    assert run("scan", repo, "--since", "12mo").exit_code == 0
    assert run("scan", repo, "--since", "all", "--json").exit_code == 0


def test_a_history_beyond_the_calendar_alone(tmp_path: Path) -> None:
    repo = fast_import(bare(tmp_path / "r"), commit([RULES], when=400_000_000_000))
    file = tmp_path / "map.html"
    done = run("scan", repo, "--since", "all", "--html", file)
    assert done.exit_code == 0
    assert "to the newest commit" in file.read_text("utf-8")


def test_commits_of_1970_and_2099(tmp_path: Path) -> None:
    repo = fast_import(
        bare(tmp_path / "r"),
        commit([RULES], when=0),
        commit([(b"a/x", b"1")], when=T0),
        commit([(b"a/y", b"1")], when=4_070_908_800),
        commit([(b"a/z", b"1")], when=T0 + 5),
    )
    data = scanned(repo)
    assert data["commits"]["total"] == 3
    assert "1 commits are dated after" in data["repositories"][0]["notes"][0]
    assert scanned(repo, until="2099-12-31")["commits"]["total"] == 4


def test_a_commit_with_more_files_than_are_looked_at(tmp_path: Path) -> None:
    more = MAX_FILES + 20_000
    many = b"".join(b"M 100644 :1 a/d%d/f%d\n" % (n % 50, n) for n in range(more))
    repo = fast_import(
        bare(tmp_path / "r"),
        b"blob\nmark :1\ndata 1\nx\n",
        commit([RULES]),
        commit([], when=T0 + 1).rstrip(b"\n") + b"\n" + many,
        commit([(b"a/d1/f1", b"2")], when=T0 + 2),
    )
    data = scanned(repo)
    assert data["partial"]
    assert data["repositories"][0]["notes"] == [
        f"1 commits touch over {MAX_FILES} files; the rest of those files is left out"
    ]
    assert sum(data["file_changes"].values()) == MAX_FILES + 2
    assert len(run("owners", repo).output.splitlines()) == more + 1


@pytest.mark.parametrize("extra", [0, 1])
def test_rules_at_githubs_limit_and_one_byte_more(tmp_path: Path, extra: int) -> None:
    text = b"* @one\n".ljust(MAX_BYTES - 1 + extra, b"#") + b"\n"
    repo = fast_import(bare(tmp_path / "r"), commit([(b"CODEOWNERS", text), (b"f", b"1")]))
    assert scanned(repo)["classes"]["unowned"] == extra
    done = run("owners", "lint", repo)
    assert done.exit_code == extra
    assert ("CODEOWNERS: error: 3145729 bytes" in done.output) == bool(extra)


def test_aliases_in_a_circle(tmp_path: Path) -> None:
    aliases = b"aliases:\n  one: [two]\n  two: [one, ada]\n  self: [self]\n"
    repo = fast_import(
        bare(tmp_path / "r"),
        commit([(b"OWNERS_ALIASES", aliases), (b"OWNERS", b"approvers: [one, self]\n")]),
        commit([(b"pkg/OWNERS", b"approvers: [two]\n")], who=b"Bob <b@x.org>"),
        commit([(b"pkg/f", b"1")], who=b"Ada <1+ada@users.noreply.github.com>"),
    )  # fmt: skip
    assert scanned(repo)["classes"] == {"home": 1, "away": 2, "mixed": 0, "unowned": 0}
    assert "the alias 'self' holds the alias 'self', which Prow doesn't open" in run("owners", "lint", repo).output


def test_a_shallow_clone_says_so(tmp_path: Path) -> None:
    full = fast_import(bare(tmp_path / "full"), *(commit([(b"a/x", b"%d" % n)], when=T0 + n) for n in range(5)))
    git(tmp_path, "clone", "-q", "--bare", "--depth=2", f"file://{full}", "shallow")
    data = scanned(tmp_path / "shallow")
    assert data["commits"]["total"] == 2
    assert data["repositories"][0]["shallow"]
    assert "`git fetch --unshallow` brings them" in data["repositories"][0]["notes"][0]


def test_a_corrupt_pack(tmp_path: Path) -> None:
    repo = fast_import(bare(tmp_path / "r"), *(commit([(b"a/x", b"%d" % n)], when=T0 + n) for n in range(200)))
    git(repo, "repack", "-q", "-a", "-d", "--depth=0", "--window=0")
    [pack] = (repo / "objects" / "pack").glob("*.pack")
    pack.chmod(0o600)
    data = bytearray(pack.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff" * 400
    pack.write_bytes(data)
    done = run("scan", repo, "--since", "all", "--json")
    if done.exit_code:
        assert done.exit_code == 1
        assert re.match(r"awayteam: git [a-z-]+ in .* failed: ", done.stderr), done.stderr
    else:
        found = json.loads(done.stdout)
        assert found["partial"]
        assert "breaks off after" in found["repositories"][0]["notes"][0]


def test_a_cut_pack_is_an_error_that_names_it(tmp_path: Path) -> None:
    repo = fast_import(bare(tmp_path / "r"), commit([RULES]))
    git(repo, "repack", "-q", "-a", "-d")
    [pack] = (repo / "objects" / "pack").glob("*.pack")
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:20])
    done = run("scan", repo, "--since", "all")
    assert done.exit_code == 1
    assert str(repo) in done.stderr
    assert not CONTROL.search(done.stderr)


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    repo = fast_import(bare(tmp_path / "r", "--object-format=sha256"), commit([RULES, (b"a/x", b"1")]))
    data = scanned(repo)
    assert data["classes"]["away"] == 1
    assert data["repositories"][0]["commit"] == git(repo, "rev-parse", "main")


EVIL = """
[core]
	fsmonitor = "touch {mark}"
	pager = touch {mark}
	hooksPath = {folder}/hooks
	sshCommand = touch {mark}
	worktree = /
	attributesFile = {folder}/attributes
[include]
	path = {folder}/included
[includeIf "gitdir:/"]
	path = {folder}/included
[alias]
	log = !touch {mark}
	rev-parse = !touch {mark}
	ls-tree = !touch {mark}
	cat-file = !touch {mark}
[diff]
	external = touch {mark}
	orderFile = /nowhere/at/all
	renames = copies
	noprefix = true
	relative = true
[diff "evil"]
	textconv = touch {mark}
	command = touch {mark}
[log]
	showSignature = true
	mailmap = true
	follow = true
	diffMerges = on
	date = human
	decorate = full
[format]
	pretty = "%x00evil"
	notes = *
[gpg]
	program = touch {mark}
[mailmap]
	file = {folder}/mailmap
[i18n]
	logOutputEncoding = UTF-16
[uploadpack]
	packObjectsHook = touch {mark}
"""


def test_configuration_of_the_repository_starts_nothing_and_changes_nothing(tmp_path: Path) -> None:
    repo = fast_import(
        bare(tmp_path / "r"),
        commit([RULES, (b".gitattributes", b"* diff=evil filter=evil\n"), (b"a/x", b"1")]),
        commit([(b"a/y", b"1"), (b"z", b"1")], when=T0 + 1),
    )
    before = scanned(repo)
    mark = tmp_path / "mark"
    (tmp_path / "included").write_text(f"[core]\n\teditor = touch {mark}\n[alias]\n\tshow = !touch {mark}\n")
    (tmp_path / "mailmap").write_text("Evil <evil@x.org> <ada@x.org>\n")
    (tmp_path / "attributes").write_text("* diff=evil\n")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    with (repo / "config").open("a") as config:
        config.write(EVIL.format(mark=mark, folder=tmp_path).replace("\tworktree = /\n", ""))
    assert scanned(repo) == before
    assert run("owners", repo).exit_code == 0
    assert not mark.exists()
