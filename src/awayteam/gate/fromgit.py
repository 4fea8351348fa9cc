"""A change out of a git repository: what two commits differ in, who wrote it, and the files of its base.

Only objects are read, never a work tree, and nothing of the repository is run (`sources.gitcmd`). The rules, the
mailmap and the agreements are those of the base; the change has no say in what it is judged by.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from awayteam.contributions import identities
from awayteam.contributions.bots import Bots
from awayteam.contributions.mailmap import MAX_BYTES as MAX_MAILMAP
from awayteam.contributions.mailmap import Mailmap
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.rules import AuthorClass
from awayteam.gate.change import Author, Way
from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import gitea, github, gitlab, maintainers
from awayteam.sources.ownership.base import MemoryTree, Tree

MAX_PATHS = 200_000
"""Paths of one change; a larger one is refused, as nobody could review it."""
MAX_WRITERS = 10_000
MAX_BASES = 16
"""Merge bases of one pair that are looked at; more than a few means that somebody made them."""
_EMPTY = {40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
          64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"}  # fmt: skip
_NONE = re.compile(r"0{40}(?:0{24})?")
_WRITERS = "%an%n%ae%n%cn%n%ce%n%(trailers:key=Co-authored-by,valueonly)"
_CO_AUTHOR = re.compile(r"\s*([^<>]{0,300}?)\s*<([^<>]{1,320})>\s*")
_CHUNK = 1 << 18
_FETCH_MORE = (
    "fetch more of its history (actions/checkout: fetch-depth: 0; GitLab CI: GIT_DEPTH: 0; git fetch --unshallow)"
)
PLACES = (*github.PLACES, *gitlab.PLACES, *gitea.PLACES, *maintainers.PLACES, "OWNERS", "OWNERS_ALIASES")
"""Where rules of ownership may stand at the top of a repository."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one commit to another. `base` is "" where there is nothing before, as in an empty repository.

    `paths` are in git's order, text with surrogate escapes; `notes` tell what isn't as usual, as sentences.
    """

    repo: str
    base: str
    head: str
    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()


def is_none(commit: str) -> bool:
    """Whether this is how git writes "no commit" in its hooks: zeros alone."""
    return _NONE.fullmatch(commit) is not None


def span(repo: str | os.PathLike[str], base: str, head: str, way: Way = Way.MERGE) -> Span:
    """What `head` would bring into `base`: the paths that differ from where the two parted.

    A push that isn't a continuation also takes back what the branch had since; those paths count too. Without a `base`
    (zeros: a new branch) the repository's own branch stands in. Raises `GitError` that says what to fetch.
    """
    place = os.fspath(repo)
    new = _commit(place, head, "head")
    notes: list[str] = []
    old = _beginning(place, new, notes) if is_none(base) else _commit(place, base, "base")
    if not old:
        return Span(place, "", new, _differing(place, [(_EMPTY[len(new)], new)]), tuple(notes))
    parted = _parted(place, old, new)
    pairs = [(one, new) for one in parted]
    if not parted:
        notes.append("The two commits share no history; every file of the new one is judged.")
        pairs = [(_EMPTY[len(new)], new)]
    if way is Way.PUSH and parted != [old] and not is_none(base):
        notes.append(
            f"This push takes back commits after {(parted or [old])[0][:12]}; what they changed is judged too."
        )
        pairs += [(old, new)]
    return Span(place, old, new, _differing(place, pairs), tuple(notes))


def tree(of: Span) -> Tree:
    """The files of the base, where the rules of ownership stand."""
    return BaseTree(of.repo, of.base) if of.base else MemoryTree()


def writers(of: Span) -> list[tuple[str, str]]:
    """Name and address of everybody who wrote, committed or is named as co-author of a commit that is new."""
    args = ["log", "-z", f"--format={_WRITERS}", "--encoding=UTF-8", "--no-mailmap", "--no-notes", "--no-decorate"]
    args += [of.head, *([f"^{of.base}"] if of.base else []), "--"]
    found: dict[tuple[str, str], None] = {}
    with gitcmd.stream(of.repo, args, timeout=300) as out:
        for record in _records(out):
            lines = record.decode("utf-8", "replace").split("\n")
            if len(lines) >= 4:
                found.update(dict.fromkeys([(lines[0], lines[1]), (lines[2], lines[3])]))
                found.update(dict.fromkeys((m[1], m[2]) for m in map(_CO_AUTHOR.fullmatch, lines[4:]) if m is not None))
            if len(found) > MAX_WRITERS:
                raise GitError(f"more than {MAX_WRITERS} people wrote this change; bring it in in parts")
    return list(found)


def hands(
    who: Iterable[tuple[str, str]], organisation: Organisation, *, mailmap: bytes = b"", bots: Bots | None = None
) -> tuple[Author, ...]:
    """Writers as people, where that is more than a guess; those whom nobody knows stand with their name alone."""
    authors = [identities.Author(name[:300], email[:320]) for name, email in who]
    resolver = identities.Resolver(organisation, mailmap=Mailmap(mailmap), bots=bots, guess=False)
    found: dict[Author, None] = {}
    for author, known in zip(authors, resolver.resolve_all(authors), strict=True):
        label = author.name or author.email
        person = organisation.people.get(known.person or "")
        name = (person.name if person else "") or label
        found[Author(known.person or "", name, known.kind is AuthorClass.BOT)] = None
    return tuple(found)


def mailmap(of: Span) -> bytes:
    """The base's `.mailmap`, b"" where it has none."""
    if not of.base:
        return b""
    with gitcmd.CatFile(of.repo) as objects:
        return objects.read(f"{of.base}:.mailmap", max_bytes=MAX_MAILMAP) or b""


class BaseTree:
    """The files of a commit as `ownership.base.Tree`; the list of them all is only made where a format asks for it."""

    def __init__(self, repo: str, commit: str) -> None:
        self._repo, self._commit = repo, commit
        self._whole: GitTree | None = None
        request = "".join(f"{commit}:{path}\n" for path in PLACES).encode()
        out = gitcmd.run(repo, ["cat-file", "--batch-check=%(objecttype) %(objectsize)"], input=request)
        self._sizes: dict[str, int | None] = {}
        for path, line in zip(PLACES, out.split(b"\n"), strict=False):
            kind, _, size = line.partition(b" ")
            self._sizes[path] = int(size) if kind == b"blob" else None

    @property
    def whole(self) -> GitTree:
        if self._whole is None:
            self._whole = GitTree(self._repo, self._commit)
        return self._whole

    def paths(self) -> Sequence[str]:
        return self.whole.paths()

    def size(self, path: str) -> int | None:
        return self._sizes[path] if path in self._sizes and self._whole is None else self.whole.size(path)

    def read(self, path: str) -> bytes | None:
        if self._whole is not None or path not in self._sizes:
            return self.whole.read(path)
        if self._sizes[path] is None:
            return None
        with gitcmd.CatFile(self._repo) as objects:
            return objects.read(f"{self._commit}:{path}")


def _shown(repo: str) -> str:
    return os.fsencode(repo).decode("utf-8", "backslashreplace")


def _commit(repo: str, name: str, what: str) -> str:
    if not os.path.isdir(repo):
        raise GitError(f"{repo} is no folder; name a git repository")
    try:
        return gitcmd.resolve(repo, name)
    except GitError as error:
        if "no branch, tag or commit" not in str(error) and "bad object" not in str(error):
            raise
        why = f"the clone is shallow; {_FETCH_MORE}" if _is_shallow(repo) else "fetch it first"
        raise GitError(f"the {what} {name[:40]!r} isn't in {_shown(repo)}: {why}") from error


def _is_shallow(repo: str) -> bool:
    try:
        return gitcmd.run(repo, ["rev-parse", "--is-shallow-repository"], timeout=30).strip() == b"true"
    except GitError:
        return False


def _beginning(repo: str, head: str, notes: list[str]) -> str:
    """What a new branch is compared with: the branch that the repository itself points at, "" where it has none."""
    try:
        own = gitcmd.resolve(repo, "HEAD")
    except GitError:
        notes.append("The repository has no commits yet; nobody owns anything in it.")
        return ""
    if own != head:
        notes.append(f"The branch is new; it is judged against the repository's own branch at {own[:12]}.")
    return own


def _parted(repo: str, base: str, head: str) -> list[str]:
    """The commits at which the two parted; several where they crossed, none where they share no history."""
    try:
        out = gitcmd.run(repo, ["merge-base", "--all", base, head], timeout=120)
    except GitError as error:
        if error.returncode != 1 or error.stderr:
            raise
        if _is_shallow(repo):
            raise GitError(
                f"{_shown(repo)} is a shallow clone that doesn't reach to where {base[:12]} and {head[:12]} parted; "
                f"{_FETCH_MORE}"
            ) from error
        return []
    found = out.decode("ascii").split()
    if len(found) > MAX_BASES:
        raise GitError(f"{base[:12]} and {head[:12]} have more than {MAX_BASES} merge bases; rebase the change")
    return found


def _differing(repo: str, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Paths that differ between any of the pairs: contents, modes, additions, deletions, submodules; renames twice."""
    found: dict[str, None] = {}
    for old, new in dict.fromkeys(pairs):
        args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none", old, new]
        with gitcmd.stream(repo, args, timeout=300) as out:
            records = _records(out)
            for about in records:
                path = next(records, b"")
                if not about.startswith(b":") or about.count(b" ") != 4 or not path:
                    raise GitError(f"git says of {new[:12]} what isn't understood: {about[:60]!r}")
                found[path.decode("utf-8", "surrogateescape")] = None
                if len(found) > MAX_PATHS:
                    raise GitError(f"the change touches more than {MAX_PATHS} files; bring it in in parts")
    return tuple(found)


def _records(out: IO[bytes]) -> Iterator[bytes]:
    """What stands between NULs, as it comes."""
    rest = b""
    while chunk := out.read(_CHUNK):
        *records, rest = (rest + chunk).split(b"\0")
        yield from records
    if rest.strip():
        yield rest
