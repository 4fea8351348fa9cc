"""What GitLab's answers mean in the words of the port. Pure: nodes in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from awayteam.forges.gitlab.inbound import OURS, STANDS, review_id
from awayteam.forges.port import Account, ChangeHeard, CheckRun, ForgeError, Level, Place, ReviewHeard, Stand, Wrote
from awayteam.forges.reading import Node
from awayteam.gate.change import Said

LONGEST_PATH: Final = 4096
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LEVELS: Final[Mapping[Level, int]] = {Level.READ: 20, Level.WRITE: 30, Level.MAINTAIN: 40, Level.ADMIN: 50}
"""Reporter, Developer, Maintainer, Owner."""
_APPROVING: Final = frozenset({"approved this merge request", "unapproved this merge request"})
_PASSED: Final[Mapping[str, bool]] = {"success": True, "failed": False, "canceled": False, "canceling": False}


def level_of(access: int) -> Level | None:
    """What a level of access lets somebody do, None for none at all. Custom roles count as what they build on."""
    found = [level for level, least in LEVELS.items() if access >= least]
    return found[-1] if found else Level.READ if access > 0 else None


def change_of(one: Node, place: Place, author: Account, merged_by: Account | None) -> ChangeHeard:
    """A merge request, with what its project is called now. Raises `ForgeError` where it is of another project."""
    if one.id("project_id") != place.id:
        raise ForgeError("GitLab answered with a merge request of another project.", final=True)
    at = one.moment("updated_at") or EPOCH
    slug = one.line("references", "full").rpartition("!")[0] or place.slug
    stand = STANDS.get(one.text("state", most=20), Stand.OPEN)
    return ChangeHeard(
        place=replace(place, slug=slug),
        id=one.need("id", "id"),
        number=one.need("number", "iid"),
        title=one.line("title"),
        url=one.url("web_url"),
        author=author,
        base_ref=one.line("target_branch"),
        base=one.commit("diff_refs", "start_sha") or one.commit("diff_refs", "base_sha"),
        head=one.commit("sha"),
        stand=stand,
        at=at,
        opened_at=one.moment("created_at") or at,
        is_draft=one.flag("draft") or one.flag("work_in_progress"),
        from_fork=one.id("source_project_id") != one.id("target_project_id"),
        merged_by=merged_by if stand is Stand.MERGED else None,
        ended_at=None if stand is Stand.OPEN else one.moment("merged_at") or one.moment("closed_at"),
    )


def paths_of(diffs: Iterable[Node]) -> list[str]:
    """Both names of each file. Raises `ForgeError` for a path that is none: cutting one could change its owner."""
    found: dict[str, None] = {}
    for one in diffs:
        for key in ("old_path", "new_path"):
            path = one.at(key).value
            if not isinstance(path, str) or not 0 < len(path) <= LONGEST_PATH or "\0" in path:
                raise ForgeError("GitLab's list of files has a path that can't be one.", final=True)
            found[path] = None
    return list(found)


def writers_of(commit: Node) -> list[Wrote]:
    """Who wrote a commit: its author, and its committer where that is another address."""
    found = {
        commit.line(f"{who}_email").lower(): Wrote(
            commit.need("commit", "id"), None, commit.line(f"{who}_email"), commit.line(f"{who}_name")
        )
        for who in ("committer", "author")
    }
    return list(found.values())[::-1]


def checks_of(statuses: Iterable[Node], *, ours: str) -> list[CheckRun]:
    """The newest status of each name. What was skipped or waits for somebody hasn't passed."""
    newest: dict[str, tuple[int, bool | None]] = {}
    for one in statuses:
        name, number = one.line("name", most=255), one.number("id")
        if name and number >= newest.get(name, (0, None))[0]:
            newest[name] = (number, _PASSED.get(one.text("status", most=40)))
    return [CheckRun(name, passed, name == ours) for name, (_, passed) in sorted(newest.items())]


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a merge request's diff: from when on it could be seen, and its head."""

    at: datetime
    head: str
    base: str
    state: str
    files: int | None

    @property
    def is_whole(self) -> bool:
        return self.state in {"collected", "empty"}


def versions_of(nodes: Iterable[Node]) -> list[Version]:
    """From the oldest to the newest."""
    numbered = [
        (
            one.number("id"),
            Version(
                one.moment("created_at") or EPOCH,
                one.commit("head_commit_sha"),
                one.commit("base_commit_sha"),
                one.text("state", most=60),
                _count(one),
            ),
        )
        for one in nodes
    ]
    return [version for _, version in sorted(numbered, key=lambda each: each[0])]


def _count(one: Node) -> int | None:
    size = one.text("real_size", most=20)
    return int(size) if size.isascii() and size.isdigit() else None


def shown_at(versions: Sequence[Version], at: datetime) -> str:
    """The head that somebody could see at a moment, "" where there was none yet."""
    return next((one.head for one in reversed(versions) if one.at <= at), "")


def reviews_of(
    change: ChangeHeard,
    approvals: Iterable[Node],
    reviewers: Iterable[Node],
    notes: Sequence[Node],
    versions: Sequence[Version],
) -> list[ReviewHeard]:
    """Who said what, one word for each person, and that somebody commented.

    An approval has no commit in GitLab: it is of the version that stood there when it was given. Whoever approved once,
    by GitLab's own notes, and isn't among those who approve now, took it back or lost it by a push.
    """
    spoken = _spoken(notes)
    pushed = versions[-1].at if versions else EPOCH
    found: dict[str, ReviewHeard] = {}

    def say(user: Account, said: Said, commit: str, at: datetime) -> None:
        key = review_id(change.id, user.id)
        found[key] = ReviewHeard(change.place, change.id, change.number, key, user, said, commit, at)

    for one in approvals:
        user = account_of(one.at("user"))
        at = one.moment("approved_at") or spoken.get(user.id, (EPOCH, user))[0]
        if user.id:
            say(user, Said.APPROVED, shown_at(versions, at), max(at, EPOCH))
    for one in reviewers:
        user = account_of(one.at("user"))
        if user.id and one.text("state", most=40) == "requested_changes":
            at = max(one.moment("created_at") or EPOCH, spoken.get(user.id, (EPOCH, user))[0])
            say(user, Said.CHANGES, shown_at(versions, at) or change.head, at)
    approvers = _approvers(notes)
    for at, user in spoken.values():
        if review_id(change.id, user.id) not in found and user.id in approvers:
            say(user, Said.DISMISSED, change.head, max(at, pushed))
    return [*found.values(), *_comments(change, notes, versions)]


def account_of(user: Node) -> Account:
    return Account(user.id("id"), user.line("username", most=200))


def _spoken(notes: Iterable[Node]) -> dict[str, tuple[datetime, Account]]:
    """The last thing that GitLab noted of each user."""
    found: dict[str, tuple[datetime, Account]] = {}
    for one in notes:
        user, at = account_of(one.at("author")), one.moment("created_at") or EPOCH
        if one.flag("system") and user.id and at >= found.get(user.id, (EPOCH, user))[0]:
            found[user.id] = (at, user)
    return found


def _approvers(notes: Iterable[Node]) -> frozenset[str]:
    return frozenset(
        one.id("author", "id") for one in notes if one.flag("system") and one.text("body", most=60) in _APPROVING
    )


def _comments(change: ChangeHeard, notes: Iterable[Node], versions: Sequence[Version]) -> list[ReviewHeard]:
    """Comments of people, but for ours."""
    found = []
    for one in notes:
        user, at, name = account_of(one.at("author")), one.moment("created_at"), one.id("id")
        if one.flag("system") or at is None or not user.id or not name or is_ours(one):
            continue
        heard = ReviewHeard(
            change.place, change.id, change.number, f"note:{name}", user, Said.COMMENTED, shown_at(versions, at), at
        )
        found.append(heard)
    return found


def is_ours(note: Node) -> bool:
    return note.text("body", most=len(OURS)) == OURS
