"""Who acts: a plain value that every action, query and permission takes; rights follow from relations held in it."""

from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    ANONYMOUS = "anonymous"
    PERSON = "person"
    SYSTEM = "system"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Actor:
    """`teams` are the ids of the teams and units that the person belongs to now; `leads`, `manages`, `decides` and
    `trusted` those in which they have that role (`manages` includes every team below a managed unit). `scopes` limits a
    token ({"read"} or {"read", "write"}); people have both."""

    kind: ActorKind
    label: str
    user_id: int | None = None
    person_id: int | None = None
    teams: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()
    decides: frozenset[int] = frozenset()
    trusted: frozenset[int] = frozenset()
    manages: frozenset[int] = frozenset()
    is_administrator: bool = False
    token_id: int | None = None
    scopes: frozenset[str] = field(default=frozenset({"read", "write"}))

    @property
    def may_write(self) -> bool:
        return "write" in self.scopes and self.kind is not ActorKind.ANONYMOUS


SYSTEM = Actor(kind=ActorKind.SYSTEM, label="Awayteam", is_administrator=True)
"""The software itself: clocks that run out, scheduled imports."""

ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS, label="somebody", scopes=frozenset())
