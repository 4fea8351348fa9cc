"""What can be seen of a defect: the contract's scope, the visit's commits to the file, the commit that a line is from.

Reads the database and, where the repository is followed, git: two short processes, bounded in time and output. Where
git has no answer (not followed, a mirror without contents, no such line) a note says so, and the rest decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from awayteam.contributions.models import Commit, CommitAuthor, Repository
from awayteam.contributions.storing import digest
from awayteam.engagements import turns
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement, Member
from awayteam.engagements.paths import Scope, repository_name, repository_path
from awayteam.handovers import rules
from awayteam.handovers.models import Defect
from awayteam.handovers.rules import Blame, Changes, CommitFact, Facts, Visit
from awayteam.organisation.models import Identity
from awayteam.requests.routing.parse import parse
from awayteam.requests.routing.parse.findings import Kind
from awayteam.requests.routing.parse.frames import frame_of
from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory import blame
from awayteam.sources.githistory.blame import PathCommit
from awayteam.sources.readers import is_remote
from awayteam.sources.readers.remote import mirror_of

LOOK_SECONDS = 10.0
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Spot:
    """Where it went wrong, as far as somebody or a stack trace said: path from the repository's root, line from 1."""

    repository: str = ""
    path: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts for the rule, and the spot that they are about."""

    facts: Facts
    spot: Spot


def look(engagement: Engagement, spot: Spot, pasted: str, *, found_at: datetime) -> Seen:
    """Everything that is known of a defect of this visit; of what was pasted the first frames that are in its scope."""
    scopes = list(engagement.scopes.select_related("followed"))
    scope = Scope((_names(one.repository, one.followed), one.pattern) for one in scopes)
    repositories = {one.followed.pk: one.followed for one in scopes if one.followed is not None}
    spots = [spot] if spot.path else _pasted(pasted, spot.repository, scope)
    chosen = next((one for one in spots if _covers(scope, one)), spots[0] if spots else spot)
    warranty = warranty_of(engagement)
    path = repository_path(chosen.path) if chosen.path else None
    if path is None:
        said = () if not chosen.path else (f"{chosen.path} is no path of a repository.",)
        return Seen(Facts(found_at, warranty, notes=said), chosen)
    in_scope = scope.covers(path, chosen.repository or None) if scopes else None
    repository = _repository(repositories.values(), chosen)
    changes, blamed, notes = _history(engagement, repository, path, chosen.line, found_at)
    spot = Spot(chosen.repository or (repository.name if repository else ""), path, chosen.line)
    return Seen(Facts(found_at, warranty, path, in_scope, changes, blamed, notes), spot)


def warranty_of(engagement: Engagement) -> rules.Warranty:
    """The warranty as it runs, or ran: from production, for the contract's days, not longer than the engagement."""
    if engagement.state in (State.WITHDRAWN, State.DECLINED, State.EXPIRED):
        return rules.Warranty(None, engagement.closed_at)
    started = engagement.production_at is not None and engagement.accepted_at is not None
    ends = turns.warranty_ends(engagement, engagement.changed_at) if started else None
    if engagement.closed_at is not None:
        ends = min(ends, engagement.closed_at) if ends is not None else engagement.closed_at
    return rules.Warranty(engagement.production_at, ends)


def _names(repository: str, followed: Repository | None) -> frozenset[str]:
    names = {repository}
    if followed is not None:
        names |= {followed.name, followed.slug, followed.location}
    return frozenset(one for one in names if one)


def _covers(scope: Scope, spot: Spot) -> bool:
    path = repository_path(spot.path)
    return path is not None and scope.covers(path, spot.repository or None)


def _pasted(pasted: str, repository: str, scope: Scope) -> list[Spot]:
    """Places that a trace or log names, what happened last first; longer paths are cut until the scope has them."""
    found = parse(pasted).findings if pasted.strip() else ()
    frames = [one for one in found if one.kind in (Kind.FRAME, Kind.PATH) and not one.foreign]
    frames.sort(key=lambda one: (-one.weight, one.section, one.depth, one.line))
    return [_spot(one.value, one.text, one.detail or repository, scope) for one in frames[:MOST_NAMED]]


def _spot(value: str, text: str, repository: str, scope: Scope) -> Spot:
    path, frame = value, frame_of(text)
    line = frame.line or None if frame is not None else None
    parts = [part for part in path.split("/") if part]
    for start in range(min(len(parts), 12)):
        tail = Spot(repository, "/".join(parts[start:]), line)
        if _covers(scope, tail):
            return tail
    return Spot(repository, path.lstrip("/"), line)


def _repository(followed: Iterable[Repository], spot: Spot) -> Repository | None:
    """The followed repository of the scope that is meant: the named one, else the only one."""
    rows = [row for row in followed if row.tip]
    if not spot.repository:
        return rows[0] if len(rows) == 1 else None
    wanted = repository_name(spot.repository)
    return next((row for row in rows if wanted in {repository_name(one) for one in _names(row.name, row)}), None)


def _history(
    engagement: Engagement, repository: Repository | None, path: str, line: int | None, found_at: datetime
) -> tuple[Changes | None, Blame | None, tuple[str, ...]]:
    """What git tells of the file and of the line; None where it can't, with the reason."""
    if repository is None:
        return None, None, ("The repository isn't followed here, so its history can't be asked.",)
    visit = visit_of(engagement)
    if visit.begins_at is None:
        return None, None, ("The visit has not begun.",)
    try:
        folder = _folder(repository)
        since = int((visit.begins_at - timedelta(days=1)).timestamp())
        commits = blame.path_commits(folder, repository.tip, path, since=since, timeout=LOOK_SECONDS)
    except GitError as error:
        return None, None, (f"The history of {repository.name} couldn't be read: {str(error)[:200]}.",)
    blamed, notes = _blamed(folder, repository, path, line, visit)
    facts = facts_of(repository, [one for one in commits if one.committed <= found_at.timestamp()])
    ours = [one for one in facts if visit.made(one)]
    changes = Changes(len(ours), ours[0].sha, ours[0].at) if ours else Changes(0)
    return changes, blamed, notes


def _blamed(
    folder: str, repository: Repository, path: str, line: int | None, visit: Visit
) -> tuple[Blame | None, tuple[str, ...]]:
    if line is None:
        return None, ()
    try:
        found = blame.line_commit(folder, repository.tip, path, line, timeout=LOOK_SECONDS)
    except GitError as error:
        return None, (f"Blame had no answer: {str(error)[:200]}.",)
    if found is None:
        return None, (f"{path} has no line {line} at {repository.tip[:10]}.",)
    fact = facts_of(repository, [found])[0]
    return Blame(fact.sha, fact.author, fact.at, visit.made(fact)), ()


def _folder(repository: Repository) -> str:
    """Where the repository is on this machine: itself, or the mirror that the away map reads. Nothing is fetched, and a
    mirror has no contents of files: its log can be asked, blame can't."""
    if not is_remote(repository.location):
        return repository.location
    mirror = mirror_of(repository.location, settings.DATA / "histories")
    if not gitcmd.is_repository(mirror):
        raise GitError("it isn't mirrored yet")
    return str(mirror)


def visit_of(engagement: Engagement) -> Visit:
    """Who worked when: members by their dates in the away team's time zone, and the span in which work went on."""
    zone = ZoneInfo(turns.around_the_clock(engagement.away_team).time_zone)
    members = []
    for row in Member.objects.filter(engagement=engagement):
        starts = datetime.combine(row.joins_on, time(), zone)
        ends = datetime.combine(row.leaves_on + timedelta(days=1), time(), zone) if row.leaves_on else None
        if row.left_at is not None:
            ends = min(ends, row.left_at) if ends is not None else row.left_at
        members.append((row.person_id, starts, ends))
    fixes = Defect.objects.filter(engagement=engagement).exclude(fixed_by="").values_list("fixed_by", flat=True)
    ended = engagement.accepted_at or engagement.closed_at
    return Visit(tuple(members), engagement.began_at, ended, frozenset(fixes))


def facts_of(repository: Repository, commits: Sequence[PathCommit]) -> list[CommitFact]:
    """The commits with the people who wrote them, as the away map knows their authors; else by their e-mail address."""
    shas = [one.sha for one in commits]
    known = dict(Commit.objects.filter(repository=repository, sha__in=shas).values_list("sha", "author__person"))
    missing = [one for one in commits if known.get(one.sha) is None]
    digests = {digest(one.name, one.email): one.sha for one in missing}
    authors = CommitAuthor.objects.filter(digest__in=digests, person__isnull=False, is_guess=False)
    by_digest = dict(authors.values_list("digest", "person"))
    addresses = {one.email.casefold() for one in missing if one.email}
    identities = Identity.objects.filter(provider="email", value_key__in=addresses).values_list(
        "value_key", "person_id"
    )
    by_address = dict(identities)
    made = []
    for one in commits:
        person = (
            known.get(one.sha) or by_digest.get(digest(one.name, one.email)) or by_address.get(one.email.casefold())
        )
        made.append(CommitFact(one.sha, datetime.fromtimestamp(one.committed, UTC), person, one.name or one.email))
    return made
