"""Readers on good places and on hostile ones."""

import os
import pickle
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.sources.readers import (
    FolderReader,
    GitReader,
    ReadError,
    decode_path,
    encode_path,
    is_remote,
    open_remote,
    open_source,
    redacted,
)
from awayteam.sources.readers.base import Reader
from awayteam.sources.readers.paths import Globs, join
from awayteam.sources.readers.remote import protocol_of


def git(folder: Path, *args: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def committed(folder: Path) -> Path:
    git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "All")
    return folder


def paths(reader: Reader, *globs: str) -> list[str]:
    return [file.path for file in reader.files(globs)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with all that a folder may hold."""
    top = tmp_path / "top"
    for name in ("catalog-info.yaml", "a/b/deep.yaml", "a/x.json", "node_modules/m/catalog-info.yaml", "vendor/v.yaml"):
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {name}\n")
    (tmp_path / "secret.yaml").write_text("secret\n")
    (top / "out.yaml").symlink_to("../secret.yaml")
    (top / "absolute.yaml").symlink_to("/etc/hostname")
    (top / "inside.yaml").symlink_to("a/b/deep.yaml")
    (top / "loop.yaml").symlink_to("loop.yaml")
    (top / "elsewhere").symlink_to("..")
    return top


def test_a_folder(tree: Path) -> None:
    reader = FolderReader(tree)
    assert paths(reader) == ["a/b/deep.yaml", "a/x.json", "catalog-info.yaml"]
    assert sorted(problem.file for problem in reader.problems) == ["absolute.yaml", "elsewhere", "out.yaml"]
    assert all("isn't followed" in problem.message for problem in reader.problems)
    assert paths(reader, "**/*.yaml") == ["a/b/deep.yaml", "catalog-info.yaml", "inside.yaml"]
    assert paths(reader, "vendor/*.yaml", "catalog-info.yaml") == ["catalog-info.yaml", "vendor/v.yaml"]
    assert reader.read("inside.yaml") == b"# a/b/deep.yaml\n"


def test_a_commit_is_read_as_a_folder(tree: Path) -> None:
    committed(tree)
    (tree / "catalog-info.yaml").write_text("changed, not committed\n")
    with GitReader(tree) as reader:
        assert reader.revision == git(tree, "rev-parse", "HEAD")
        assert paths(reader) == ["a/b/deep.yaml", "a/x.json", "catalog-info.yaml"]
        assert sorted(problem.file for problem in reader.problems) == ["absolute.yaml", "elsewhere", "out.yaml"]
        assert paths(reader, "**/*.yaml") == ["a/b/deep.yaml", "catalog-info.yaml", "inside.yaml"]
        assert paths(reader, "vendor/*.yaml") == ["vendor/v.yaml"]
        assert reader.read("catalog-info.yaml") == b"# catalog-info.yaml\n"
        assert reader.read("inside.yaml") == b"# a/b/deep.yaml\n"
        assert reader.stat("catalog-info.yaml").size == 20  # type: ignore[union-attr]
        for name in ("out.yaml", "absolute.yaml", "loop.yaml", "absent"):
            assert reader.stat(name) is None
            with pytest.raises(ReadError):
                reader.read(name)
        with pytest.raises(ReadError, match="split it"):
            reader.read("catalog-info.yaml", max_bytes=3)
        with pickle.loads(pickle.dumps(reader)) as copy:
            assert copy.read("a/x.json") == b"# a/x.json\n"


def test_bare_repositories_and_refs(tree: Path, tmp_path: Path) -> None:
    committed(tree)
    git(tree, "tag", "v1")
    (tree / "new.yaml").write_text("new\n")
    git(tree, "add", "new.yaml")
    git(tree, "commit", "-q", "-m", "New")
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(tree), str(bare))
    with open_source(str(bare)) as reader:
        assert "new.yaml" in paths(reader)
    with open_source(str(bare), ref="v1") as reader:
        assert "new.yaml" not in paths(reader)
    assert isinstance(open_source(str(tree)), FolderReader)
    with pytest.raises(ReadError, match="no branch, tag or commit 'absent'"):
        open_source(str(bare), ref="absent")


def test_nothing_is_read_outside_the_folder(tree: Path) -> None:
    reader = FolderReader(tree)
    for name in (
        "../secret.yaml",
        "out.yaml",
        "absolute.yaml",
        "elsewhere/secret.yaml",
        "a/../../secret.yaml",
        "/etc/hostname",
    ):
        assert reader.stat(name) is None
        with pytest.raises(ReadError):
            reader.read(name)


def test_what_is_no_file(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    reader = FolderReader(tree)
    assert "pipe.yaml" not in paths(reader)
    for name in ("pipe.yaml", "a", "loop.yaml", "absent.yaml", "x\0y"):
        with pytest.raises(ReadError):
            reader.read(name)


def test_large_files(tree: Path) -> None:
    with (tree / "large.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ReadError, match="has 100.0 MiB; at most 32 MiB"):  # noqa: RUF043
        FolderReader(tree).read("large.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_files_and_folders(tree: Path) -> None:
    (tree / "catalog-info.yaml").chmod(0)
    (tree / "a").chmod(0)
    reader = FolderReader(tree)
    with pytest.raises(ReadError, match="permission denied"):
        reader.read("catalog-info.yaml")
    paths(reader)
    assert "a" in [problem.file for problem in reader.problems]


def test_deep_folders(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(70):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text("x")
    reader = FolderReader(tmp_path)
    assert paths(reader) == []
    assert "nested deeper" in reader.problems[0].message


def test_names_that_are_no_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9\n\\x41.yaml"
    with open(raw, "wb") as file:
        file.write(b"x")
    for kind in (FolderReader, GitReader):
        if kind is GitReader:
            committed(tmp_path)
        with kind(tmp_path) as reader:
            (file_stat,) = reader.files()
            assert file_stat.path == "caf\\xe9\\x0a\\x5cx41.yaml"
            assert reader.read(file_stat.path) == b"x"


@given(st.binary(max_size=60))
def test_paths_are_written_in_one_way(raw: bytes) -> None:
    text = encode_path(raw)
    assert decode_path(text) == raw
    assert text.encode("utf-8").decode("utf-8").isprintable() or not raw.isascii()


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.yaml", "a.yaml", True), ("*.yaml", "a/b.yaml", False), ("**/*.yaml", "a.yaml", True),
        ("**/*.yaml", "a/b/c.yaml", True), ("a/**", "a/b/c", True), ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("./a.yaml", "a.yaml", True), ("[ab].yaml", "b.yaml", True), ("?.yaml", "ab.yaml", False), ("a", "b", False),
        ("**", "x/y", True), ("a/*/c", "a/b/c", True), ("a/*/c", "a/b/b/c", False), ("A.yaml", "a.yaml", False),
    ],
)  # fmt: skip
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert Globs([glob]).match(path) is matches


@pytest.mark.parametrize("glob", ["/etc/*", "../*", "a/../../b", "", "a/" * 50])
def test_globs_that_are_refused(glob: str) -> None:
    with pytest.raises(ValueError, match=r"glob|parts"):
        Globs([glob])


def test_globs_take_linear_time() -> None:
    assert not Globs(["*a" * 40 + "b", "**/" * 30 + "z"]).match("/".join(["a" * 200] * 60))


@pytest.mark.parametrize(
    ("base", "target", "path"),
    [("a/b.yaml", "c", "a/c"), ("a/b.yaml", "../c", "c"), ("b.yaml", "../c", None), ("b.yaml", "/c", None),
     ("a/b", "../../c", None), ("b", "./x/../y", "y"), ("a/b", "..", "."), ("b", "..", None)],
)  # fmt: skip
def test_targets(base: str, target: str, path: str | None) -> None:
    assert join(base, target) == path


def test_opening(tree: Path) -> None:
    single = open_source(str(tree / "catalog-info.yaml"))
    assert paths(single) == ["catalog-info.yaml"]
    assert single.read("a/x.json")
    assert paths(open_source(f"{tree}/*/*.json")) == ["a/x.json"]
    odd = tree / "[x]*.yaml"
    odd.write_text("x")
    assert paths(open_source(str(odd))) == ["[x]*.yaml"]
    for wrong in (str(tree / "absent"), "absent-too"):
        with pytest.raises(ReadError, match="doesn't exist"):
            open_source(wrong)
    with pytest.raises(ReadError, match="is no git repository"):
        open_source(str(tree / "catalog-info.yaml"), ref="main")
    with pytest.raises(ReadError, match="needs a cache folder"):
        open_source("https://example.com/x.git")


@pytest.mark.parametrize(
    ("url", "protocol"),
    [("https://e.x/a", "https"), ("ssh://git@e.x/a", "ssh"), ("git@e.x:a/b.git", "ssh"), ("git://e.x/a", "git"),
     ("file:///a", "file"), ("HTTPS://e.x/a", "https")],
)  # fmt: skip
def test_addresses(url: str, protocol: str) -> None:
    assert protocol_of(url) == protocol
    assert is_remote(url)


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c true", "ext::sh", "http://e.x/a", "ftp://e.x/a", "-uhttps://e.x", "ssh://-oProxyCommand=x/a",
     "https://",
     "https://e.x/a b", "-o:x", "", "fd::3", "transport::https://e.x/a", "https://e.x/\n"],
)  # fmt: skip
def test_addresses_that_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        open_remote(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_credentials_are_not_shown(tmp_path: Path) -> None:
    assert redacted("x https://user:pass@e.x/a y ssh://git@h/b") == "x https://e.x/a y ssh://h/b"
    with pytest.raises(ReadError) as caught:
        open_remote("https://user:hidden@127.0.0.1:1/a.git", tmp_path, timeout=20)
    assert "hidden" not in str(caught.value)
    assert "can't be fetched" in str(caught.value)


@pytest.mark.parametrize("filters", ["true", "false"])
def test_a_mirror_follows_its_remote(tree: Path, tmp_path: Path, filters: str) -> None:
    committed(tree)
    git(tree, "config", "uploadpack.allowFilter", filters)
    git(tree, "config", "uploadpack.allowAnySHA1InWant", "true")
    url = f"file://{tree}"
    with open_remote(url, tmp_path / "cache") as reader:
        first = reader.revision
        found = paths(reader)
        reader.prepare(found)
        assert reader.read("catalog-info.yaml") == b"# catalog-info.yaml\n"
        assert reader.read("vendor/v.yaml") == b"# vendor/v.yaml\n"
    (tree / "new.yaml").write_text("new\n")
    git(tree, "add", "new.yaml")
    git(tree, "commit", "-q", "-m", "New")
    git(tree, "tag", "v2")
    with open_remote(url, tmp_path / "cache", refresh=False) as reader:
        assert reader.revision == first
    with open_remote(url, tmp_path / "cache") as reader:
        assert reader.read("new.yaml") == b"new\n"
    with open_remote(url, tmp_path / "cache", "v2", history=True) as reader:
        assert reader.revision == git(tree, "rev-parse", "HEAD")
    with pytest.raises(ReadError, match="no such branch"):
        open_remote(url, tmp_path / "cache", "absent")
    with pytest.raises(ReadError, match="is no name of a branch"):
        open_remote(url, tmp_path / "cache", "--upload-pack=x")


def test_a_mirror_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="can't be fetched"):
        open_remote(f"file://{tmp_path}/absent", tmp_path / "cache")
