"""What every forge offers, and the words in which the rest of the app speaks with it. One forge is one folder.

A forge has three sides: `Inbound` (deliveries verified and read), `Client` (asking and publishing) and `Grants`
(access, read and changed). Repositories, accounts and changes are known by the forge's own ids, which renames don't
change;
names are for people. Everything that comes out of here is bounded and of the stated types, whatever the forge sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from awayteam.gate.change import Said


class ForgeError(Exception):
    """A forge didn't do what it was asked. `retry_at` says when trying again has sense, None: as the back-off says.

    `final` is True where trying again would change nothing (the thing is gone, the right is lacking, a stale head).
    """

    def __init__(self, says: str, *, final: bool = False, retry_at: datetime | None = None) -> None:
        super().__init__(says)
        self.says, self.final, self.retry_at = says, final, retry_at


class NotGenuine(Exception):
    """A delivery whose signature or token is wrong, or lacking. Nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on the forge: `id` never changes, `login` may. `is_bot` is what the forge itself says."""

    id: str
    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A repository on the forge: `id` never changes; `slug` is `organisation/name` as it is now."""

    id: str
    slug: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified message of a forge. `id` is what it is deduplicated by, `kind` the forge's name of it."""

    id: str
    kind: str
    body: bytes


class Stand(StrEnum):
    """How a change on a forge stands."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ChangeHeard:
    """A pull request (merge request) was opened, changed, pushed to, merged or closed."""

    place: Place
    id: str
    number: int
    title: str
    url: str
    author: Account
    base_ref: str
    base: str
    head: str
    stand: Stand
    at: datetime
    opened_at: datetime
    is_draft: bool = False
    from_fork: bool = False
    merged_by: Account | None = None
    ended_at: datetime | None = None
    """When it was merged or closed, where the forge says it (`at` is when anything last changed)."""


@dataclass(frozen=True, slots=True)
class ReviewHeard:
    """Somebody reviewed a change, or a review was dismissed. `id` is the review's own, the same when it changes."""

    place: Place
    change: str
    number: int
    id: str
    by: Account
    said: Said
    commit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PushHeard:
    """A branch moved, from `before` to `after` (zeros: made, deleted).

    `names` are those of the files that differ, without their folders; None where the message doesn't tell all.
    """

    place: Place
    ref: str
    before: str
    after: str
    by: Account
    forced: bool
    at: datetime
    names: frozenset[str] | None = None

    @property
    def branch(self) -> str:
        return self.ref.removeprefix("refs/heads/")


@dataclass(frozen=True, slots=True)
class IssueHeard:
    """An issue carries labels; one of them may make it a request."""

    place: Place
    id: str
    number: int
    title: str
    words: str
    url: str
    by: Account
    labels: tuple[str, ...]
    is_open: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ChecksHeard:
    """Outcomes of checks of a commit changed; what they are now is asked of the client."""

    place: Place
    commit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RenamedHeard:
    """A repository or account is called otherwise now, or moved; its id is the same."""

    place: Place | None
    account: Account | None
    at: datetime


@dataclass(frozen=True, slots=True)
class AccessHeard:
    """Somebody's rights in a repository, or its membership, changed: the reconciler looks at once."""

    place: Place
    at: datetime


@dataclass(frozen=True, slots=True)
class BypassHeard:
    """A rule of the forge was gone around: it belongs into the public register."""

    place: Place
    id: str
    by: Account
    ref: str
    before: str
    after: str
    says: str
    at: datetime


Heard = (
    ChangeHeard | ReviewHeard | PushHeard | IssueHeard | ChecksHeard | RenamedHeard | AccessHeard | BypassHeard
)  # fmt: skip


class Inbound(Protocol):
    """Reading what a forge sends."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery:
        """Check signature or token in constant time against each secret in force. Raises `NotGenuine`."""
        ...

    def read(self, delivery: Delivery) -> Sequence[Heard]:
        """What a delivery tells, [] where it doesn't concern us. Raises `ForgeError(final=True)` where it is no such
        message."""
        ...


class Colour(StrEnum):
    """How a published verdict shows on the forge."""

    GREEN = "green"
    WAITING = "waiting"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Notice:
    """A verdict as a stranger on the forge reads it: a title of a line, Markdown, and where all of it stands."""

    colour: Colour
    title: str
    summary: str
    url: str
    key: str
    """Idempotency key: publishing the same twice is publishing it once."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A commit of a change: who wrote it, as far as the forge leads it to an account."""

    commit: str
    account: Account | None
    email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check at a commit; None while it runs. `is_ours`: it stands where our verdict does; whoever may write can have
    put it there."""

    name: str
    passed: bool | None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `examine` looked at: `says` what is there, or what is lacking and how to mend it."""

    passes: bool
    says: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the forge last said of our use of it, None where it says nothing. `skew_seconds`: its clock minus ours."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    skew_seconds: float | None = None


class Client(Protocol):
    """Asking a forge, and publishing on it. Each may raise `ForgeError`; reads follow all pages, up to a bound."""

    def examine(self) -> Sequence[Finding]:
        """Ask something harmless: who we are there, and whether the permissions suffice. For `awayteam forge test`."""
        ...

    def limits(self) -> Limits:
        """What answers so far said; asks nothing."""
        ...

    def places(self) -> Sequence[Place]:
        """The repositories that we may look at."""
        ...

    def change(self, place: Place, number: int) -> ChangeHeard: ...
    def open_changes(self, place: Place) -> Sequence[ChangeHeard]:
        """For polling, and after a gap in deliveries."""
        ...

    def paths(self, place: Place, change: ChangeHeard) -> Sequence[str]:
        """Paths that the change touches; renames with both names."""
        ...

    def commits(self, place: Place, change: ChangeHeard) -> Sequence[Wrote]: ...
    def reviews(self, place: Place, change: ChangeHeard) -> Sequence[ReviewHeard]: ...
    def checks(self, place: Place, commit: str) -> Sequence[CheckRun]: ...
    def tip(self, place: Place, branch: str) -> str:
        """The commit that a branch is at now; "" where there is no such branch."""
        ...

    def files(self, place: Place, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Contents of small files at a commit, those that exist."""
        ...

    def publish(self, place: Place, change: ChangeHeard, notice: Notice) -> None:
        """Show the verdict at the head: a check run, a status. A stale head is `ForgeError(final=True)`."""
        ...

    def comment(self, place: Place, change: ChangeHeard, text: str) -> None:
        """The one comment of ours at a change: written once, edited from then on."""
        ...

    def comment_issue(self, place: Place, number: int, text: str) -> None:
        """The one comment of ours at an issue: written once, edited from then on."""
        ...

    def ask_review(self, place: Place, change: ChangeHeard, accounts: Sequence[Account]) -> None: ...
    def bypasses(self, place: Place, since: datetime) -> Sequence[BypassHeard]: ...


class Level(StrEnum):
    """What access lets somebody do. Engagements give `WRITE`: pushing branches, not settings."""

    READ = "read"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's access in a repository as the forge has it: `direct` can be taken back here, what comes from a team or
    group can't. `pending` is an invitation that wasn't accepted yet; `key` is the forge's handle for removing it.

    `ours` says whether we gave it, where the forge knows that for sure; None where it doesn't tell.
    """

    account: Account
    level: Level
    direct: bool = True
    pending: bool = False
    ends_at: datetime | None = None
    key: str = ""
    ours: bool | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one engagement adds to somebody's access: until when, and which paths (CODEOWNERS syntax)."""

    engagement: int
    until: datetime
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Access that somebody should have until `until` at the latest; `patterns` where the forge can limit paths.

    `parts` says the same by engagement. Where a right is set back to what it was before, there are none, and `until` is
    the last moment there is (`datetime.max`) for "without an end".
    """

    account: Account
    level: Level
    until: datetime
    patterns: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


class Grants(Protocol):
    """Access in a repository: read, given, taken back, the last two idempotent. Each may raise `ForgeError`."""

    def held(self, place: Place) -> Sequence[Held]: ...
    def give(self, place: Place, wanted: Wanted) -> None: ...
    def take(self, place: Place, held: Held) -> None: ...


@runtime_checkable
class Directory(Protocol):
    """What `Grants` offer where the forge can be asked who and what there is there; both may raise `ForgeError`."""

    def find(self, login: str) -> Account | None:
        """The account of this name. It is asked for a confirmed handle only, at the first contact."""
        ...

    def places(self) -> Sequence[Place]:
        """The repositories that there are, for a forge that tells us nothing by itself."""
        ...


@runtime_checkable
class Examined(Protocol):
    """What `Grants` offer where a forge without a `Client` can say whether it is set up well."""

    def examine(self) -> Sequence[Finding]:
        """As `Client.examine`."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that must be told of a forge before it works: a field of the form that sets it up."""

    name: str
    title: str
    help: str
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True)
class ForgeKind:
    """A kind of forge. `connect` makes client and grants for the settings of one forge; `inbound` is None where nothing
    is heard from it (it is polled, or asks by itself)."""

    kind: str
    title: str
    settings: tuple[Setting, ...]
    connect: Callable[["Settings"], tuple[Client | None, Grants]]
    inbound: Inbound | None = None
    secret_setting: str = "webhook_secret"  # noqa: S105 - the name of a setting
    default_address: str = ""
    needs_address: bool = True
    """Whether it is reached over HTTP; else `Settings.address` is "" or whatever the kind says."""
    identity_provider: str = ""
    """The provider of `organisation.Identity` under which its logins are known."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One forge as it was set up: base address, and values by name, secrets opened. Never logged, shown or compared."""

    address: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False
