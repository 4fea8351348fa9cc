"""From a repository to facts: the commits since the last look, or all of them where history or rules changed.

No database here. Reading takes as long as `git log`; what is written afterwards is written in one transaction.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awayteam.contributions.folders import Folders
from awayteam.contributions.opening import Options, window_of
from awayteam.contributions.records import Collector, Interned, Records
from awayteam.contributions.rules import Window
from awayteam.contributions.scan import note, rule_logins, timeline_of
from awayteam.contributions.timeline import Timeline
from awayteam.sources import gitcmd
from awayteam.sources.githistory import log
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import detect
from awayteam.sources.ownership.base import Resolver
from awayteam.sources.readers import ReadError, is_remote
from awayteam.sources.readers.remote import open_remote

DAY = 86_400
MAX_SUBJECT = 160
MAX_MAILMAP = 4 * 1024 * 1024
TELL = 500
RULE_FILES = ("CODEOWNERS", "OWNERS", "OWNERS_ALIASES", "MAINTAINERS", "Maintainers.txt", ".mailmap")
"""How the names of files end whose content is read; a mirror holds no other."""
MIRROR_REF = "refs/awayteam/read"

Progress = Callable[[int], None]
"""Is told now and then how many commits were read."""


class NotIncremental(Exception):
    """What was read before can't be built upon; the text says why."""


@dataclass(slots=True)
class Merge:
    sha: str
    committed: int
    author: int
    subject: str


@dataclass(slots=True)
class Facts:
    """What a look at a repository found. `whole` says that it replaces all that was known; else it adds to it.

    `subjects`, `marks` and `files` go with the places of `records`. `oldest` is the first second that is kept.
    """

    tip: str
    newest: int
    oldest: int | None
    whole: bool
    slug: str
    format: str
    tree: GitTree
    head: Resolver
    records: Records
    interned: Interned
    mailmap: bytes = b""
    logins: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    folders: Sequence[str] = ()
    inside: list[tuple[int, int, int]] = field(default_factory=list)
    """(commit, folder, files): numbers of `records` and of `folders`."""
    why: str = ""
    """Why everything was read, where that wasn't expected."""
    partial: str = ""


def local(location: str, ref: str, cache: Path) -> tuple[str, str]:
    """The folder of the repository and the ref to read; a remote one is fetched into a mirror below `cache` first.

    Raises `GitError` with a sentence for people.
    """
    if not is_remote(location):
        return location, ref or "HEAD"
    try:
        with open_remote(location, cache, ref or None, history=True) as reader:
            reader.prepare([file.path for file in reader.files() if file.path.endswith(RULE_FILES)])
            return reader.repo, MIRROR_REF
    except ReadError as error:
        raise gitcmd.GitError(str(error)) from error


def newest_commit(repo: str, ref: str) -> str:
    """The commit that `ref` stands for now. Raises `GitError`."""
    from awayteam.sources.githistory.tree import head

    return head(repo, ref)


def read(
    repo: str,
    name: str,
    ref: str,
    *,
    known: str,
    months: int,
    now: int,
    slug: str = "",
    folders: Sequence[str] = (),
    progress: Progress | None = None,
) -> Facts:
    """The facts since the commit `known` ("" for all), with what was touched in `folders`.

    Raises `GitError` where nothing can be read.
    """
    why = ""
    if known:
        try:
            _require_ancestor(repo, known, ref)
            return _read(repo, name, ref, known, months, now, slug, folders, progress)
        except NotIncremental as reason:
            why = str(reason)
    facts = _read(repo, name, ref, "", months, now, slug, folders, progress)
    facts.why = why
    return facts


def _require_ancestor(repo: str, known: str, ref: str) -> None:
    try:
        gitcmd.run(repo, ["merge-base", "--is-ancestor", known, ref], timeout=120)
    except gitcmd.GitError as error:
        if error.returncode is None:
            raise
        raise NotIncremental("history was rewritten") from error


def _read(
    repo: str,
    name: str,
    ref: str,
    known: str,
    months: int,
    now: int,
    slug: str,
    folders: Sequence[str],
    progress: Progress | None,
) -> Facts:
    tree = GitTree(repo, ref)
    window, odd = window_of(repo, tree.commit, Options(since=f"{months}mo", now=now))
    kept = Window(window.start, now + DAY)
    format = detect.detect(tree)
    records, interned = Records(name), Interned()
    if odd:
        records.notes.append(odd)
    if log.is_shallow(repo):
        records.notes.append("the clone is shallow: older commits are missing; `git fetch --unshallow` brings them")
    with gitcmd.CatFile(repo) as objects:
        timeline = timeline_of(format, tree, objects)
        head = timeline.resolver()
        facts = Facts(
            tree.commit, window.end, window.start, not known, slug or log.remote_name(repo), format, tree, head,
            records, interned, logins=sorted(rule_logins(head)), folders=folders,
        )  # fmt: skip
        if (tree.size(".mailmap") or 0) < MAX_MAILMAP:
            facts.mailmap = tree.read(".mailmap") or b""
        _walk(repo, facts, kept, timeline, known, progress)
    note(records, timeline)
    return facts


def _walk(repo: str, facts: Facts, window: Window, timeline: Timeline, known: str, progress: Progress | None) -> None:
    folders = Folders(facts.folders)
    collector = _Following(facts.records, facts.interned, window, facts.head, tip=facts.tip)
    not_in = [known] if known else []
    try:
        with log.commits(repo, facts.tip, not_in=not_in, since=window.start, watched=timeline.watched) as commits:
            for count, commit in enumerate(commits, start=1):
                if known and commit.changes:
                    raise NotIncremental("the ownership rules changed")
                _take(facts, collector, window, commit, folders)
                if commit.changes:
                    older = timeline.before(commit.changes, commit.committed)
                    if older is not None:
                        collector.rules(older)
                if progress is not None and count % TELL == 0:
                    progress(count)
    except gitcmd.GitError as error:
        if known or not facts.records.total:
            raise
        facts.partial = f"history breaks off after {facts.records.total} commits: {error}"
        facts.records.notes.append(facts.partial)
    if known and known != facts.tip and collector.mainline != known:
        raise NotIncremental("the main line runs through another branch now")


class _Following(Collector):
    """A collector that tells where on the main line it is."""

    @property
    def mainline(self) -> str:
        return self._mainline


def _take(facts: Facts, collector: Collector, window: Window, commit: log.Commit, folders: Folders) -> None:
    records = facts.records
    before = len(records.author)
    collector.take(commit)
    if len(records.author) > before:
        facts.subjects.append(commit.subject[:MAX_SUBJECT].replace("\0", " "))
        facts.marks.append(mark(commit))
        facts.files.append(commit.file_count)
        if folders:
            facts.inside += [(before, place, files) for place, files in folders.touched(commit.files).items()]
    elif len(commit.parents) > 1 and commit.committed in window:
        author = facts.interned.author(commit.name, commit.email)
        subject = commit.subject[:MAX_SUBJECT].replace("\0", " ")
        facts.merges.append(Merge(commit.sha, commit.committed, author, subject))


def mark(commit: log.Commit) -> int:
    """What copies of a commit in other repositories have in common: author, author time, subject and file names.

    63 bits, the same in every process (`scan` uses the same fields).
    """
    names = sorted({path.rpartition(b"/")[2] for path in commit.files[:1000]})
    text = f"{commit.email.lower()}\0{commit.authored}\0{commit.subject}\0{commit.file_count}\0".encode(
        "utf-8", "surrogateescape"
    )
    digest = hashlib.blake2b(text + b"\0".join(names), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def owners_of_folder(facts: Facts, folder: str) -> tuple[tuple[str, ...], str]:
    """The owners that the newest rules give most files of a folder ("" is all), and the rule that says so."""
    start = f"{folder}/" if folder else ""
    counts: Counter[tuple[str, ...]] = Counter()
    rules: dict[tuple[str, ...], Counter[str]] = {}
    if facts.head.rules:
        for path in facts.tree.paths():
            if path.startswith(start):
                answer = facts.head.resolve_git(path)
                rule = f"{answer.rule.file}:{answer.rule.line}" if answer.rule else ""
                counts[answer.owners] += 1
                rules.setdefault(answer.owners, Counter())[rule] += 1
    if not counts:
        return (), ""
    owners = counts.most_common(1)[0][0]
    return owners, rules[owners].most_common(1)[0][0]


def expanded(resolver: Resolver, owners: Sequence[str]) -> list[str]:
    """Owners with the rules' own aliases replaced by their members."""
    return list(dict.fromkeys(one for owner in owners for one in (owner, *resolver.expand(owner))))


def slug_of(location: str) -> str:
    """`organisation/name` in an address; "" for a path, whose remote is asked instead."""
    if not is_remote(location):
        return ""
    parts = location.strip().removesuffix("/").removesuffix(".git").replace(":", "/").split("/")
    return "/".join(parts[-2:])
