"""A small world in memory for questions to the gate: three teams, their rules, engagements at will."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from awayteam.engagements.access import WHOLE_TIME, Grants, Interval, Joined, Term, Visit
from awayteam.gate.change import Approval, Author, Change, Said
from awayteam.gate.facts import Agreement, Engagements, Mode, Owner, Reviews, Stage, Standards, Terms
from awayteam.gate.rules import gate
from awayteam.gate.verdict import Verdict
from awayteam.sources.ownership.base import MemoryTree, Resolver
from awayteam.sources.ownership.detect import resolver

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HEAD, OLD = "a" * 40, "b" * 40
ORDERS, SEARCH, WEB, SHOP = "group:default/orders", "group:default/search", "group:default/web", "group:default/shop"
TEAMS = {
    ORDERS: ("olga", "oscar", "omar"),
    SEARCH: ("sue", "sam", "sol"),
    WEB: ("wim",),
    SHOP: (),
}
PARENTS = {ORDERS: SHOP, WEB: SHOP}
MANAGERS = {SHOP: ("mia",), SEARCH: ("mona",)}
CODEOWNERS = b"""/orders/ @shop/orders
/search/ @shop/search
/web/ @shop/web
/both/ @shop/orders @shop/search
/free/
/lost/ @shop/nobody-knows
/.github/ @shop/orders
"""


def ref(name: str) -> str:
    return f"user:default/{name}" if name else ""


@dataclass
class Org:
    """`facts.Organisation` over dictionaries; `gone` have left."""

    gone: set[str] = field(default_factory=set)
    teams: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(TEAMS))

    def owner(self, name: str) -> Owner:
        plain = name.lstrip("@")
        team = f"group:default/{plain.rpartition('/')[2]}"
        if team in self.teams:
            return Owner(name, team=team)
        return Owner(name, person=ref(plain)) if self.is_present(ref(plain)) else Owner(name)

    def teams_of(self, person: str) -> frozenset[str]:
        own = {team for team, people in self.teams.items() if person in map(ref, people)}
        return frozenset(own | {PARENTS[team] for team in own if team in PARENTS})

    def people_of(self, team: str) -> Sequence[str]:
        return [ref(one) for one in self.teams.get(team, ()) if ref(one) not in self.gone]

    def managers_of(self, team: str) -> Sequence[str]:
        return [ref(one) for unit in (team, PARENTS.get(team, "")) for one in MANAGERS.get(unit, ())]

    def label(self, ref: str) -> str:
        return ref.rpartition("/")[2]

    def is_present(self, person: str) -> bool:
        known = {ref(one) for people in (*self.teams.values(), *MANAGERS.values()) for one in people}
        return person in known and person not in self.gone


def rules(text: bytes = CODEOWNERS, file: str = ".github/CODEOWNERS") -> Resolver:
    return resolver(MemoryTree({file: text}), "gitlab" if file.startswith(".gitlab") else "github")


def change(*paths: str, by: str = "olga", **more: Any) -> Change:
    """A change of `paths` by somebody; "renovate" is a program, "" a stranger."""
    author = Author(ref(by) if by != "renovate" else "", by or "a stranger", is_bot=by == "renovate")
    values: dict[str, Any] = {
        "repository": "shop", "base": "c" * 40, "head": HEAD, "paths": paths, "author": author,
        "url": "https://forge.example/shop/12",
    }  # fmt: skip
    return Change(**{**values, **more})


def said(name: str, said: Said = Said.APPROVED, commit: str = HEAD, minutes: int = 0, **more: Any) -> Approval:
    return Approval(ref(name), name or "a stranger", said, commit, NOW - timedelta(hours=1, minutes=-minutes), **more)


def engagements(
    *, mode: Mode = Mode.EVERY_CHANGE, stage: Stage = Stage.ACTIVE, members: tuple[str, ...] = ("sue", "sam"),
    pattern: str = "/orders/", grants: Interval | None = None, **more: Any,
) -> Engagements:  # fmt: skip
    """Engagement 1: people of search visit orders for twenty days around now, unless it says otherwise."""
    during = grants or Interval(NOW - timedelta(days=10), NOW + timedelta(days=10))
    visit = Visit(
        1, "Partial refunds", "UTC", (during,), (Term(WHOLE_TIME, ((frozenset({"shop"}), pattern),)),),
        ((NOW - timedelta(days=12), NOW - timedelta(days=11)),),
    )  # fmt: skip
    ids = {ref(name): number for number, name in enumerate(sorted({n for t in TEAMS.values() for n in t}), start=1)}
    joined = [
        Joined(1, ids[ref(name)], date(2026, 2, 20), NOW - timedelta(days=13), agreed_at=NOW - timedelta(days=13))
        for name in members
    ]
    agreement = Agreement(
        1, "Partial refunds", ORDERS, SEARCH, mode, stage, answering=(ref("olga"),), away_lead=ref("sue"),
        address="/engagements/1",
    )  # fmt: skip
    return Engagements(
        Grants.of([visit], joined), {1: replace(agreement, **more)}, ids, {1: frozenset(map(ref, members))}
    )


NONE = Engagements(Grants.of([], []))


def ask(
    what: Change, *, under: Engagements = NONE, reviews: Reviews | None = None, terms: Terms | None = None,
    org: Org | None = None, owners: Resolver | None = None, standards: Standards | None = None, now: datetime = NOW,
) -> Verdict:  # fmt: skip
    return gate(
        what, owners or rules(), org or Org(), under, reviews or Reviews(), standards or Standards(), terms or Terms(),
        now,
    )  # fmt: skip


def codes(verdict: Verdict) -> set[str]:
    """Codes of what is lacking."""
    return {need.rule for need in verdict.needs}


def why(verdict: Verdict) -> set[str]:
    """Codes of every reason, of sections and of the whole."""
    return {one.rule for section in verdict.sections for one in section.reasons} | {one.rule for one in verdict.whole}
