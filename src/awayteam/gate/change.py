"""A change as the gate judges it: paths between two commits, who made it, what reviewers said. Plain values.

People are named by their reference (`user:default/ada`), "" where nobody knows who an account or an author is. Names
and logins that a forge sends never decide; whoever makes these values leads accounts to people by their ids.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Way(StrEnum):
    """How the change would get in: merged through a review, or pushed straight to the branch."""

    MERGE = "merge"
    PUSH = "push"


class Said(StrEnum):
    """What a reviewer said. A comment neither gives nor takes an approval."""

    APPROVED = "approved"
    CHANGES = "changes-requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who made a change: `person` is "" where nobody knows them, `label` is what people read."""

    person: str
    label: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """One review of one person: what they said at which commit of the change, and when."""

    person: str
    label: str
    said: Said
    commit: str
    at: datetime
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a named check at the head (a CI job), None while it runs."""

    name: str
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be judged. `repository` is any name under which scopes may know it; `key` names the change within it
    ("#12", a branch), `url` is where people see it.

    `base` and `head` are commit ids. `paths` are as git names them; a rename stands there with both names. `author` is
    who proposes or pushes it; `hands` are all others who wrote commits in it, whose approvals would be of own work.
    """

    repository: str
    base: str
    head: str
    paths: tuple[str, ...]
    author: Author
    hands: tuple[Author, ...] = ()
    approvals: tuple[Approval, ...] = ()
    checks: tuple[Check, ...] = ()
    way: Way = Way.MERGE
    key: str = ""
    url: str = ""
    title: str = ""
    is_draft: bool = False
    from_fork: bool = False
