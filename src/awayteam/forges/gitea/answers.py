"""What answers of Gitea and Forgejo mean in the words of the port. Pure: nodes in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from awayteam.forges.gitea.inbound import user_of
from awayteam.forges.port import ChangeHeard, CheckRun, ForgeError, Level, ReviewHeard, Wrote
from awayteam.forges.reading import Node
from awayteam.gate.change import Said

LONGEST_PATH: Final = 4096
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OURS: Final = "<!-- awayteam -->"
"""Marks the one comment of ours, as its first line."""
LEVELS: Final[Mapping[Level, str]] = {
    Level.READ: "read", Level.WRITE: "write", Level.MAINTAIN: "write", Level.ADMIN: "admin",
}  # fmt: skip
_HELD: Final[Mapping[str, Level]] = {
    "read": Level.READ, "write": Level.WRITE, "admin": Level.ADMIN, "owner": Level.ADMIN,
}  # fmt: skip
_SAID: Final[Mapping[str, Said]] = {
    "APPROVED": Said.APPROVED, "REQUEST_CHANGES": Said.CHANGES, "COMMENT": Said.COMMENTED,
}  # fmt: skip
_PASSED: Final[Mapping[str, bool]] = {"success": True, "failure": False, "error": False, "warning": False}


def level_of(permission: str) -> Level | None:
    return _HELD.get(permission)


def paths_of(files: Iterable[Node]) -> list[str]:
    """Both names of each file. Raises `ForgeError` for a path that is none: cutting one could change its owner."""
    found: dict[str, None] = {}
    for one in files:
        names = [one.at("filename").value]
        if one.at("previous_filename"):
            names.append(one.at("previous_filename").value)
        for name in names:
            if not isinstance(name, str) or not 0 < len(name) <= LONGEST_PATH or "\0" in name:
                raise ForgeError("The forge's list of files has a path that can't be one.", final=True)
            found[name] = None
    return list(found)


def writers_of(one: Node) -> list[Wrote]:
    """Who wrote a commit: its author, and its committer where that is another address. The forge leads them to accounts
    by confirmed addresses."""
    found = {}
    for who in ("committer", "author"):
        account = user_of(one.at(who)) if one.id(who, "id") else None
        named = one.at("commit", who)
        email = named.line("email")
        found[email.lower()] = Wrote(one.need("commit", "sha"), account, email, named.line("name"))
    return list(found.values())[::-1]


def review_of(one: Node, change: ChangeHeard) -> ReviewHeard | None:
    """A review that says something; requests and drafts of reviews don't, nor those of teams and deleted accounts."""
    said, by, name = _SAID.get(one.text("state", most=40)), user_of(one.at("user")), one.id("id")
    if said is None or not by.id or not name:
        return None
    if one.flag("dismissed"):
        said = Said.DISMISSED
    at = one.moment("submitted_at") or EPOCH
    if said is Said.DISMISSED:
        at = max(at, one.moment("updated_at") or at)
    return ReviewHeard(change.place, change.id, change.number, name, by, said, one.commit("commit_id"), at)


def checks_of(statuses: Iterable[Node], *, ours: str) -> list[CheckRun]:
    """The newest status of each context. Only success has passed; a warning hasn't."""
    newest: dict[str, tuple[int, bool | None]] = {}
    for one in statuses:
        name, number = one.line("context", most=255), one.number("id")
        if name and number >= newest.get(name, (0, None))[0]:
            newest[name] = (number, _PASSED.get(one.text("status", most=20)))
    return [CheckRun(name, passed, name == ours) for name, (_, passed) in sorted(newest.items())]


@dataclass(frozen=True, slots=True)
class Protection:
    """What a branch's rule asks for, as far as it concerns the gate."""

    rule: str
    required_approvals: int
    blocks_on_rejection: bool
    dismisses_stale: bool
    contexts: tuple[str, ...]

    def lacks(self, context: str) -> list[str]:
        """What lets a change in without the gate's word, as sentences."""
        found = []
        if context not in self.contexts and "*" not in self.contexts:
            found.append(f"The rule {self.rule} doesn't require the status {context}: the gate only advises there.")
        if not self.dismisses_stale:
            found.append(f"The rule {self.rule} keeps approvals after a push; the gate doesn't count those.")
        if not self.blocks_on_rejection:
            found.append(f"The rule {self.rule} lets changes in against a review that rejects them; the gate waits.")
        return found


def protection_of(one: Node) -> Protection:
    contexts = tuple(str(each.value)[:255] for each in one.items("status_check_contexts", most=500))
    return Protection(
        rule=one.line("rule_name") or one.line("branch_name"),
        required_approvals=one.number("required_approvals"),
        blocks_on_rejection=one.flag("block_on_rejected_reviews"),
        dismisses_stale=one.flag("dismiss_stale_approvals"),
        contexts=contexts if one.flag("enable_status_check") else (),
    )
