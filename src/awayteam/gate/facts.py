"""What the gate judges by, as plain values: who is who, what was agreed, what was reviewed, what the rulebook says.

Everything here is read before (from the database, or from a folder of agreements) and handed in. People are references
(`user:default/ada`), teams too (`group:default/orders`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from awayteam.engagements.access import Grants
from awayteam.sources.ownership.base import Resolution


class Ownership(Protocol):
    """The rules of the base branch; every `sources.ownership` resolver is one."""

    @property
    def file(self) -> str:
        """The rule file, "" where there is none."""
        ...

    def resolve_many(self, paths: Iterable[str]) -> Iterable[Resolution]:
        """Who owns each path."""
        ...

    def expand(self, owner: str) -> tuple[str, ...]:
        """The owners behind a name that the rules define themselves."""
        ...


class Organisation(Protocol):
    """Who belongs where at the moment of judging."""

    def owner(self, name: str) -> "Owner":
        """Whom a rule means by a name (`@org/team`, `@login`, an address)."""
        ...

    def teams_of(self, person: str) -> frozenset[str]:
        """The teams and units that somebody belongs to, with those above where nesting counts."""
        ...

    def people_of(self, team: str) -> Sequence[str]:
        """Who belongs to a team, those first who decide for it."""
        ...

    def managers_of(self, team: str) -> Sequence[str]:
        """To whom one may turn where nobody of the team can answer: its managers, then those of the units above."""
        ...

    def label(self, ref: str) -> str:
        """What people call a person or team."""
        ...

    def is_present(self, person: str) -> bool:
        """Whether somebody works here (a reference that nobody knows: False)."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a rule means: a team, a person, or neither where nobody knows the name."""

    name: str
    team: str = ""
    person: str = ""


class Mode(StrEnum):
    """How the home team wanted to review, as the contract says."""

    EVERY_CHANGE = "every-change"
    ARCHITECTURE = "architecture"
    BAR_RAISER = "bar-raiser"


class Stage(StrEnum):
    """Where an engagement stands, as far as changes are concerned."""

    BEFORE = "before"
    ACTIVE = "active"
    PAUSED = "paused"
    WARRANTY = "warranty"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the gate needs of an engagement beside the access that it grants (`Grants`, by the same `id`).

    `answering` are contact, deputy and decider of record of the home side. `design_signed` says that the home side
    signed the design (`architecture`), `warranty_until` when the warranty ends. `address` leads to its page.
    """

    id: int
    title: str
    home_team: str
    away_team: str
    mode: Mode
    stage: Stage
    answering: tuple[str, ...] = ()
    away_lead: str = ""
    design_signed: bool = False
    warranty_until: datetime | None = None
    address: str = ""


class Look(StrEnum):
    """How a review round stands."""

    WAITING = "waiting"
    CHANGES = "changes"
    APPROVED = "approved"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Round:
    """A review round of an engagement, about one change: it counts where `url` is the change's, or `commit` its head.

    An approval (or recorded silence) holds for the `commit` that was shown, and for nothing where that is "". Rounds of
    designs don't belong here (`Agreement.design_signed`). `by` is who answered, `turn` whose turn it is, `due_at` until
    when; `own` is one that the away team looks at itself, `independent` one that the home side isn't asked about.
    """

    engagement: int
    url: str
    commit: str
    look: Look
    by: str = ""
    independent: bool = False
    own: bool = False
    turn: str = ""
    due_at: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a bar raiser's review keeps back: an undecided review, or a condition that isn't met yet.

    It concerns the changes of an engagement, or (0) those of `repository`, in any path. `who` can unblock it.
    """

    engagement: int
    repository: str
    says: str
    who: tuple[str, ...] = ()
    due_at: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """An emergency override: `head` of a change in `repository` goes in without the words it lacks. Public."""

    repository: str
    head: str
    by: str
    label: str
    reason: str
    at: datetime
    until: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Engagements:
    """Agreements with the access that they grant, by engagement. `ids` are the numbers by which `grants` knows people.

    `members` are the people on its list now. Who is of the home side is asked of the organisation and of `answering`.
    """

    grants: Grants
    agreements: Mapping[int, Agreement] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)
    members: Mapping[int, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reviews:
    """What was looked at: rounds of engagements, what bar raisers hold back, and emergencies."""

    rounds: tuple[Round, ...] = ()
    holds: tuple[Hold, ...] = ()
    passages: tuple[Passage, ...] = ()


class Policy(StrEnum):
    """What is asked of a change where nothing was agreed."""

    ALLOW = "allow"
    APPROVAL = "approval"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Standards:
    """Checks that must be green at the head for a merge on the away team's own review (`*`: all that ran, and some)."""

    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """The `[gate]` section of the rulebook, as the pure part needs it."""

    home_approvals: int = 1
    home_pushes: bool = True
    away_without_engagement: Policy = Policy.APPROVAL
    unowned: Policy = Policy.APPROVAL
    unknown_authors: Policy = Policy.APPROVAL
    bots: Policy = Policy.APPROVAL
    self_approval: bool = False
    keep_stale_approvals: bool = False
    version: str = ""
