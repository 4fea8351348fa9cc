"""`awayteam scan`: the away map of repositories straight from git, without a server or a database."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awayteam.contributions.awaymap import AwayMap, Mapper
from awayteam.contributions.bots import Bots
from awayteam.contributions.contradictions import Contradiction, contradictions
from awayteam.contributions.identities import Identified, Resolver
from awayteam.contributions.mailmap import Mailmap
from awayteam.contributions.opening import Opening, Options
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.records import Collector, Interned, Records
from awayteam.contributions.rules import Window, date_of
from awayteam.contributions.timeline import Timeline
from awayteam.sources import gitcmd
from awayteam.sources.githistory import log
from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership import detect
from awayteam.sources.ownership.base import Resolver as OwnershipResolver

Progress = Callable[[str, int], None]
"""Called now and then with a repository's name and the commits read so far."""
_MAX_RULE_FILE = 4 * 1024 * 1024
_TELL = 500


@dataclass(slots=True)
class RepoScan:
    """One repository's part: records, its tree and rules at the newest commit, and what went wrong (`partial`)."""

    name: str
    path: str
    remote: str
    tip: str
    window: Window
    records: Records
    format: str = ""
    rule_file: str = ""
    partial: str = ""
    shallow: bool = False
    contradictions: list[Contradiction] = field(default_factory=list)
    rule_logins: set[str] = field(default_factory=set)
    mailmap: bytes = b""


@dataclass(slots=True)
class Scan:
    """All that a scan found."""

    repos: list[RepoScan]
    interned: Interned
    identified: list[Identified]
    organisation: Organisation
    map: AwayMap
    as_of: str
    options: Options
    failed: list[str]


def scan(
    repos: Sequence[str],
    organisation: Organisation,
    options: Options,
    *,
    aliases: Mapping[str, str] | None = None,
    bots: Bots | None = None,
    progress: Progress | None = None,
    opening: Opening | None = None,
) -> Scan:
    """Scan repositories one after another; one that can't be read is named in `failed` and sinks no other.

    `opening` is the first repository's history where git has begun with it already.

    Raises `GitError` where none can be read, `ValueError` for a window that says nothing.
    """
    interned = Interned()
    done: list[RepoScan] = []
    failed: list[str] = []
    seen: set[int] = set()
    first_error: gitcmd.GitError | None = None
    for repo, name in zip(repos, names(repos), strict=True):
        begun, opening = opening, None
        try:
            found = read_repo(
                repo, name, interned, organisation, options, seen if len(repos) > 1 else None, progress, opening=begun
            )
        except gitcmd.GitError as error:
            first_error = first_error or error
            failed.append(str(error))
            continue
        done.append(found)
    if not done and first_error is not None:
        raise first_error
    logins = {login for repo in done for login in repo.rule_logins}
    mailmap = Mailmap(b"\n".join(repo.mailmap for repo in done))
    resolver = Resolver(
        organisation, aliases=aliases, mailmap=mailmap, rule_logins=logins, bots=bots, guess=options.guess
    )
    identified = resolver.resolve_all(interned.authors)
    dated = organisation.dated or any(repo.records.rule_versions > 1 for repo in done)
    as_of = options.as_of or ("commit" if dated else "head")
    mapper = Mapper(interned, identified, organisation, at_head=as_of == "head")
    for repo_scan in done:
        mapper.add(repo_scan.records, date_of(repo_scan.window.end))
    return Scan(done, interned, identified, organisation, mapper.map, as_of, options, failed)


def read_repo(
    repo: str,
    name: str,
    interned: Interned,
    organisation: Organisation,
    options: Options,
    seen: set[int] | None = None,
    progress: Progress | None = None,
    not_in: Sequence[str] = (),
    opening: Opening | None = None,
) -> RepoScan:
    """Read one repository's history into records. `seen` holds commits of the repositories before it, and gains its
    own; `not_in` leaves out commits that were read earlier (incremental). A history that breaks off gives what was
    read, with `partial` saying so."""
    history = opening or Opening(repo, options, not_in)
    records = Records(name)
    found = RepoScan(name, repo, "", history.tip, history.window, records)
    if history.odd:
        records.notes.append(history.odd)
    timelines: list[Timeline] = []
    try:
        # git is at work on the history while the tree and its rules are read: neither waits for the other
        with history as commits, gitcmd.CatFile(repo) as objects:
            collector = _prepare(found, objects, interned, organisation, options, timelines)
            history.watched = timelines[0].watched
            _walk(commits, timelines[0], collector, seen, progress)
    except gitcmd.GitError as error:
        if not records.total:
            raise
        found.partial = f"history breaks off after {records.total} commits: {error}"
        records.notes.append(found.partial)
    note(records, timelines[0])
    return found


def _prepare(
    found: RepoScan,
    objects: gitcmd.CatFile,
    interned: Interned,
    organisation: Organisation,
    options: Options,
    timelines: list[Timeline],
) -> Collector:
    """Read the newest commit's tree and rules into `found` and `timelines`; what takes the commits."""
    found.remote = log.remote_name(found.path)
    tree = GitTree(found.path, found.tip)
    found.format = detect.detect(tree) if options.format == "auto" else options.format
    timelines.append(timeline_of(found.format, tree, objects))
    rules = timelines[0].resolver()
    found.rule_file = rules.file
    found.rule_logins = rule_logins(rules)
    found.mailmap = (tree.read(".mailmap") or b"") if (tree.size(".mailmap") or 0) < _MAX_RULE_FILE else b""
    found.contradictions = contradictions(tree, rules, organisation, found.name, found.remote)
    found.shallow = log.is_shallow(found.path)
    if found.shallow:
        shallow = "the clone is shallow: older commits are missing; `git fetch --unshallow` brings them"
        found.records.notes.append(shallow)
    return Collector(found.records, interned, found.window, rules, tip=found.tip)


def _walk(
    commits: Iterator[log.Commit],
    timeline: Timeline,
    collector: Collector,
    seen: set[int] | None,
    progress: Progress | None,
) -> None:
    own: set[int] = set()
    name = collector.records.repo
    for count, commit in enumerate(commits, start=1):
        duplicate = False
        if seen is not None and len(commit.parents) < 2:
            marks = _marks(commit)
            duplicate = not seen.isdisjoint(marks)
            own.update(marks)
        collector.take(commit, duplicate=duplicate)
        if commit.changes:
            older = timeline.before(commit.changes, commit.committed)
            if older is not None:
                collector.rules(older)
        if progress is not None and count % _TELL == 0:
            progress(name, count)
    if progress is not None:
        progress(name, collector.records.total + collector.records.merges)
    if seen is not None:
        seen |= own


def _marks(commit: log.Commit) -> tuple[int, int]:
    """What tells a copy of a commit in another repository: its id, or author, author time, subject and file names."""
    names = tuple(sorted({path.rpartition(b"/")[2] for path in commit.files[:1000]}))
    return hash(commit.sha), hash((commit.email.lower(), commit.authored, commit.subject, names, commit.file_count))


def timeline_of(format: str, tree: GitTree, objects: gitcmd.CatFile) -> Timeline:
    def read(blob: str) -> bytes | None:
        try:
            return objects.read(blob, max_bytes=_MAX_RULE_FILE)
        except gitcmd.GitError as error:
            if "at most" in str(error):
                return None
            raise

    paths = [path.encode("utf-8", "surrogateescape") for path in tree.paths()]
    blobs: dict[str, str] = {}
    for path in Timeline(format, {}, read).watched(paths):
        name = path.decode("utf-8", "surrogateescape")
        blob = tree.blob(name)
        if blob is not None:
            blobs[name] = blob
    return Timeline(format, blobs, read)


def note(records: Records, timeline: Timeline) -> None:
    if timeline.missing:
        records.notes.append("some versions of the ownership rules aren't in the repository; newer ones stand for them")
    if timeline.coarse:
        records.notes.append("the rules changed so often that older versions are followed from month to month")
    if records.cut:
        records.notes.append(
            f"{records.cut} commits touch over {log.MAX_FILES} files; the rest of those files is left out"
        )
    if records.odd_dates:
        records.notes.append(f"{records.odd_dates} commits are dated after the window's end and aren't counted")


def rule_logins(resolver: OwnershipResolver) -> set[str]:
    """People whom the rules name by login."""
    found = set()
    for _, owners in resolver.rules:
        for written in owners:
            for owner in resolver.expand(written):
                plain = owner.lower().lstrip("@")
                if plain and not owner.startswith("@@") and not set(plain) & set("/@*<> "):
                    found.add(plain)
    return found


def names(repos: Sequence[str]) -> list[str]:
    """A short name for each repository, told apart by as many parent folders as it takes."""
    paths = [Path(os.path.abspath(repo)) for repo in repos]
    parts = [[part for part in path.parts if part not in (".git", "repo", "/")] or ["repository"] for path in paths]
    for length in range(1, 6):
        short = ["/".join(one[-length:]).removesuffix(".git") for one in parts]
        if len(set(short)) == len(short):
            return short
    return [f"{name} ({place})" for place, name in enumerate(short, start=1)]
