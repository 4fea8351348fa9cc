"""Standards: which files hold them, where a line stands, and what a hostile repository can't do."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.contributions.tests.hostile import bare, commit, fast_import, git
from awayteam.engagements import reading
from awayteam.engagements.reading import document, standards
from awayteam.engagements.standards import Kind, candidates, citation, section_at, sections, text_of
from awayteam.sources.readers import ReadError

GUIDE = """# Contributing

Welcome.

## Tests

```sh
# no heading: a comment in code
make test
```

Each change has a test.

### Slow ones ###

Mark them.

Style
-----

Tabs.

## Tests
"""


def test_usual_files_are_found_best_first_and_others_are_not() -> None:
    found = candidates(
        [
            "src/CONTRIBUTING.md", "README.md", "CONTRIBUTING.md", "docs/coding-guidelines.rst", ".github/SECURITY.md",
            ".github/workflows/ci.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml", ".editorconfig", "pyproject.toml",
            "docs/contributing/pull-requests.md", "STYLEGUIDE", "eslint.config.mjs", ".eslintrc.json", "HACKING.txt",
            "docs/style.css", "security.py", ".github/PULL_REQUEST_TEMPLATE.md", "CODING_STYLE", "contributors.md",
            "Jenkinsfile", "test/testing.py", "docs/contributing/image.png",
        ]
    )  # fmt: skip
    assert [(one.kind.name, one.path) for one in found] == [
        ("CONTRIBUTING", "CONTRIBUTING.md"),
        ("CONTRIBUTING", "docs/contributing/pull-requests.md"),
        ("STYLE", "CODING_STYLE"),
        ("STYLE", "STYLEGUIDE"),
        ("STYLE", "docs/coding-guidelines.rst"),
        ("SECURITY", ".github/SECURITY.md"),
        ("DEVELOPMENT", "HACKING.txt"),
        ("REVIEW", ".github/PULL_REQUEST_TEMPLATE.md"),
        ("CHECKS", ".editorconfig"),
        ("CHECKS", ".eslintrc.json"),
        ("CHECKS", ".pre-commit-config.yaml"),
        ("CHECKS", "eslint.config.mjs"),
        ("CHECKS", "pyproject.toml"),
        ("BUILD", ".gitlab-ci.yml"),
        ("BUILD", "Jenkinsfile"),
        ("BUILD", ".github/workflows/ci.yml"),
    ]
    assert [one.path for one in candidates(["src/CONTRIBUTING.md"], ["src"])] == ["src/CONTRIBUTING.md"]


def test_sections_of_prose_end_where_the_next_of_their_rank_begins() -> None:
    assert [(one.title, one.level, one.line, one.end, one.anchor) for one in sections(GUIDE, "CONTRIBUTING.md")] == [
        ("Contributing", 1, 1, 23, "contributing"),
        ("Tests", 2, 5, 17, "tests"),
        ("Slow ones", 3, 14, 17, "slow-ones"),
        ("Style", 2, 18, 22, "style"),
        ("Tests", 2, 23, 23, "tests-2"),
    ]
    assert citation("CONTRIBUTING.md", GUIDE, 12, "CONTRIBUTING.md") == "CONTRIBUTING.md § Tests, line 12"
    assert citation("Notes", "no heading", 1) == "Notes, line 1"


def test_sections_of_settings_are_their_tables_and_first_keys() -> None:
    toml = '[project]\nname = "x"\n\n[tool.ruff]\nline-length = 120\n[[tool.x]]\n'
    assert [(one.title, one.line, one.end) for one in sections(toml, "pyproject.toml")] == [
        ("project", 1, 3), ("tool.ruff", 4, 5), ("tool.x", 6, 6)
    ]  # fmt: skip
    yaml = "# ci\nname: CI\n'on': push\njobs:\n  test:\n    steps: []\n"
    assert [(one.title, one.line, one.end) for one in sections(yaml, "ci.yml")] == [
        ("name", 2, 2), ("on", 3, 3), ("jobs", 4, 6)
    ]  # fmt: skip


@given(st.text(alphabet="#=- \n`~ab:[]", max_size=300), st.sampled_from(["a.md", "a.rst", "a.yml", "a.toml", ""]))
def test_sections_of_any_text_lie_in_it_and_have_their_own_anchors(text: str, path: str) -> None:
    found = sections(text, path)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= one.end <= lines for one in found)
    assert len({one.anchor for one in found}) == len(found)
    for one in found:
        assert section_at(found, one.line) == max((s for s in found if s.line == one.line), key=lambda s: s.line)


def test_a_document_is_frozen_as_it_is_at_the_commit(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    first = repo.commit({"CONTRIBUTING.md": GUIDE, "pyproject.toml": "[project]\n", "lib/SECURITY.md": "Tell us.\n"})
    repo.commit({"CONTRIBUTING.md": "changed", "pyproject.toml": "[tool.ruff]\n"})
    old = standards(str(repo.path), first, tmp_path / "cache", folders=["lib"])
    assert [(one.path, one.commit, one.text) for one in old.documents] == [
        ("CONTRIBUTING.md", first, GUIDE), ("lib/SECURITY.md", first, "Tell us.\n")
    ]  # fmt: skip
    new = standards(str(repo.path), "", tmp_path / "cache")
    assert [one.path for one in new.documents] == ["CONTRIBUTING.md", "pyproject.toml"]
    assert new.documents[0].sha256 != old.documents[0].sha256
    assert document(str(repo.path), first, tmp_path, "lib/SECURITY.md").kind is Kind.CONTRIBUTING
    with pytest.raises(ReadError, match="no file"):
        document(str(repo.path), "", tmp_path, "NOTHING.md")


def test_a_remote_repository_is_read_through_its_mirror(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    made = repo.commit({"CONTRIBUTING.md": GUIDE})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    found = standards(f"file://{repo.path}", "", tmp_path / "cache")
    assert [(one.path, one.commit, one.text) for one in found.documents] == [("CONTRIBUTING.md", made, GUIDE)]


def test_what_cant_be_taken_is_told_and_never_sinks_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_DOCUMENT", 2_000)
    folder = bare(tmp_path / "repo.git")
    files = [
        (b"CONTRIBUTING.md", b"# Fine\n"), (b"SECURITY.md", b"x" * 3_000), (b"STYLE.md", b"\xff\xfe\x00binary"),
        (b"docs/contributing\xff.md", b"odd name"), (b"HACKING", b"a\0b"), (b"testing.md", b"  \n"),
    ]  # fmt: skip
    fast_import(folder, commit(files))
    found = standards(str(folder), "main", tmp_path / "cache")
    assert [one.path for one in found.documents] == ["CONTRIBUTING.md"]
    assert sorted(one.split(":")[0].split(" ")[0] for one in found.left_out) == ["HACKING", "SECURITY.md", "STYLE.md"]


def test_a_link_never_leads_out_of_the_repository(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret\n")
    repo = Repo(tmp_path / "repo")
    repo.commit({"docs/x.txt": "x"})
    os.symlink(secret, repo.path / "CONTRIBUTING.md")
    repo.git("add", "-A")
    repo.git("-c", "user.name=A", "-c", "user.email=a@x.org", "commit", "-q", "-m", "link")
    assert standards(str(repo.path), "", tmp_path / "cache").documents == ()
    with pytest.raises(ReadError, match="leads out"):
        document(str(repo.path), "", tmp_path, "CONTRIBUTING.md")


def test_a_repository_that_isnt_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        standards(str(tmp_path / "nothing"), "", tmp_path)
    empty = bare(tmp_path / "empty.git")
    git(empty, "config", "core.fsmonitor", "touch pwned")
    with pytest.raises(ReadError):
        standards(str(empty), "", tmp_path)
    assert not (empty / "pwned").exists()


def test_line_breaks_are_one_kind() -> None:
    assert text_of(b"\xef\xbb\xbfa\r\nb\rc") == "a\nb\nc"
    assert text_of(b"\xff") is None
