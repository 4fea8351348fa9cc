"""What a proxy is to enforce, as plain values: no table, no clock, no proxy's spelling."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from awayteam.quotas.rules import Rate

EVERYBODY = "*"
"""The scope of consumers that have no limit of their own. No certificate's name is that short."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit as a proxy enforces it. `number` is that of the limit, 0 for the rulebook's; `operation` is its key."""

    number: int
    rate: Rate
    enforced: bool
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an API: its key, the HTTP method ("" for any) and the template of its path."""

    key: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Upstream:
    """An API behind a proxy: where it is, by which host names it is asked for, and what stands before its paths."""

    api: str
    address: str
    hosts: tuple[str, ...] = (EVERYBODY,)
    prefix: str = ""
    tls: bool = False

    @property
    def cluster(self) -> str:
        """The name of its cluster."""
        return self.api.partition(":")[2].replace("/", ".") or self.api

    def plain(self) -> dict[str, object]:
        """As a table of the file of upstreams."""
        return {
            "api": self.api, "address": self.address, "hosts": list(self.hosts), "prefix": self.prefix, "tls": self.tls
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for whom at one API. `own` maps a consumer's identity to its rules by operation's key.

    `others` are rules for each consumer without own; `unknown` is the rulebook's, for whom nothing else is.
    """

    upstream: Upstream
    operations: Mapping[str, Operation] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, Rule]] = field(default_factory=dict)
    others: Mapping[str, Rule] = field(default_factory=dict)
    unknown: Rule | None = None

    def rules_for(self, identity: str) -> dict[str, Rule]:
        """The rules that hold for one consumer, by operation: its own, else those for others, else the rulebook's.

        A consumer's own limit of the whole API goes before what others may ask of one operation.
        """
        mine = self.own.get(identity, {})
        found = dict(mine) if "" in mine else {**self.others, **mine}
        if "" not in found and self.unknown is not None:
            found[""] = self.unknown
        return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one proxy is to know. `identity_uri`: consumers are told by the URI in their certificate, else by DNS.

    `link` is the address of Awayteam's pages; `buckets_max` how many consumers without own limit are told apart.
    """

    terms: tuple[Terms, ...]
    link: str
    identity_uri: bool = True
    fail_open: bool = True
    buckets_max: int = 1000

    @property
    def identities(self) -> list[str]:
        """Consumers with any limit of their own, sorted."""
        return sorted({identity for one in self.terms for identity in one.own})


def digest(content: bytes) -> str:
    """The version of a resource: a hash of its bytes, so that equal content is an equal version anywhere."""
    return hashlib.sha256(content).hexdigest()[:32]
