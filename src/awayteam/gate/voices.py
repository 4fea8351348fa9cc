"""Reviews of a change as they count: whose approvals hold at the head, whose objections stand, and what doesn't count.

Only the last word of each person counts, and a comment is none. An approval holds for the commit that it was given at.
Nobody approves what they wrote; programs, strangers and people who left approve nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awayteam.gate.change import Approval, Change, Said
from awayteam.gate.facts import Organisation, Terms
from awayteam.gate.verdict import Reason

_WORDS = frozenset({Said.APPROVED, Said.CHANGES, Said.DISMISSED})


@dataclass(frozen=True, slots=True)
class Voices:
    """`approving` and `objecting` are people with their last word; `aside` says which approvals don't count, and why.

    `hands` are all who made the change; their approvals are of own work.
    """

    approving: Mapping[str, Approval]
    objecting: Mapping[str, Approval]
    hands: frozenset[str]
    aside: tuple[Reason, ...] = ()

    def by(self, people: Iterable[str], besides: frozenset[str] = frozenset()) -> list[str]:
        """Those of `people` whose approvals hold, in their order; `besides` are left out."""
        return [person for person in people if person in self.approving and person not in besides]


def hear(change: Change, organisation: Organisation, terms: Terms) -> Voices:
    """What reviewers said, as it counts at the change's head."""
    hands = frozenset(one.person for one in (change.author, *change.hands) if one.person)
    last: dict[str, Approval] = {}
    aside: list[Reason] = []
    for one in sorted(change.approvals, key=lambda each: each.at):
        if one.said not in _WORDS:
            continue
        if refused := _refused(one, organisation):
            if one.said is Said.APPROVED:
                aside.append(refused)
            continue
        last[one.person] = one
    approving: dict[str, Approval] = {}
    objecting: dict[str, Approval] = {}
    for person, one in last.items():
        if one.said is Said.CHANGES:
            objecting[person] = one
        elif one.said is Said.APPROVED:
            if why := _not_counted(one, change, hands, terms):
                aside.append(why)
            else:
                approving[person] = one
    return Voices(approving, objecting, hands, tuple(aside))


def _refused(one: Approval, organisation: Organisation) -> Reason | None:
    if one.is_bot:
        return Reason("bot-approval", False, f"{one.label} is a program; its approval doesn't count.")
    if not one.person:
        return Reason("unknown-reviewer", False, f"Nobody knows who {one.label} is; their approval doesn't count.")
    if not organisation.is_present(one.person):
        return Reason("reviewer-left", False, f"{one.label} doesn't work here; their approval doesn't count.")
    return None


def _not_counted(one: Approval, change: Change, hands: frozenset[str], terms: Terms) -> Reason | None:
    if one.person in hands and not terms.self_approval:
        return Reason("self-approval", False, f"{one.label} has a hand in this change; nobody approves own work.")
    if one.commit != change.head and not terms.keep_stale_approvals:
        return Reason(
            "stale-approval",
            False,
            f"{one.label} approved {one.commit[:10] or 'another commit'}; since then the change became "
            f"{change.head[:10]}.",
        )
    return None
