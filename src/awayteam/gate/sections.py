"""What one part of a change needs, has and lacks: owners' words for what the rules require, policies elsewhere."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from awayteam.gate import visits
from awayteam.gate.case import Case, Part
from awayteam.gate.change import Way
from awayteam.gate.facts import Policy
from awayteam.gate.needing import lacking
from awayteam.gate.parties import requirements
from awayteam.gate.verdict import Need, Outcome, Reason, Section, Standing
from awayteam.sources.ownership.base import Requirement, Resolution, shown

_STRICTER = {Policy.ALLOW: 0, Policy.APPROVAL: 1, Policy.DENY: 2}


@dataclass(slots=True)
class Findings:
    """What was found for a part so far. Nothing found: it may go in."""

    reasons: list[Reason] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    denied: bool = False

    def passes(self, rule: str, says: str) -> None:
        self.reasons.append(Reason(rule, True, says))

    def fails(self, rule: str, says: str) -> None:
        self.reasons.append(Reason(rule, False, says))

    def take(self, found: tuple[Iterable[Reason], Iterable[Need]]) -> None:
        self.reasons += found[0]
        self.needs += found[1]


def sections(case: Case, parts: Iterable[Part]) -> tuple[Section, ...]:
    """The answer for each part; parts that differ by nothing but the rule's line are judged once."""
    judged: dict[Hashable, Findings] = {}
    made = []
    for part in parts:
        key = _key(case, part)
        found = judged.get(key)
        if found is None:
            found = judged[key] = Findings()
            _judge(case, part, found)
        made.append(_section(part, found))
    return tuple(made)


def _key(case: Case, part: Part) -> Hashable:
    """Equal for parts to which the same reasons and needs apply."""
    asked = requirements(part.resolution)
    if not asked or not all(case.party(one).is_known for one in asked):
        return part  # its rule, or its paths, stand in the words
    wanted = tuple((one.owners, one.approvals, one.optional, one.rule.section) for one in asked)
    agreement = part.agreement.id if part.agreement else 0
    return wanted, part.resolution.waived, part.standing, agreement, part.why_not


def _section(part: Part, found: Findings) -> Section:
    outcome = Outcome.DENIED if found.denied else Outcome.WAITING if found.needs else Outcome.ALLOWED
    rule = part.resolution.rule
    return Section(
        paths=part.paths,
        rule=f"{rule.file}:{rule.line}" if rule else "",
        owners=part.resolution.owners,
        standing=part.standing,
        outcome=outcome,
        reasons=tuple(found.reasons),
        needs=() if found.denied else tuple(found.needs),
        engagement=part.agreement.id if part.agreement else 0,
    )


def _judge(case: Case, part: Part, found: Findings) -> None:
    label = case.change.author.label
    match part.standing:
        case Standing.HOME:
            found.passes("home", f"{label} belongs to the owners.")
            _owners(case, part.resolution, found)
        case Standing.VISIT:
            assert part.agreement is not None
            found.passes("engagement", f"{part.agreement.title} lets {label} change this.")
            found.take(visits.visiting(case, part, part.agreement))
        case Standing.WARRANTY:
            assert part.agreement is not None
            found.passes(
                "warranty", f"{part.agreement.title} is under warranty; repairs go in on the home side's word."
            )
            found.take(visits.repairing(case, part, part.agreement))
        case Standing.AWAY:
            found.fails("no-engagement", part.why_not or f"No engagement lets {label} change this.")
            _policy(case, part, found, case.terms.away_without_engagement, "The code of others without an engagement")
        case Standing.UNOWNED:
            found.fails("unowned", _nobody(part.resolution))
            _policy(case, part, found, _of_unowned(case, part), "What nobody owns")
        case Standing.BOT:
            found.fails("bot", f"{label} is a program.")
            _policy(case, part, found, _strictest(case, part, case.terms.bots), "A program's change")
        case Standing.UNKNOWN:
            known = f"{label} doesn't work here." if case.author else f"Nobody knows who {label} is."
            found.fails("unknown-author", known)
            policy = _strictest(case, part, case.terms.unknown_authors)
            _policy(case, part, found, policy, "The change of somebody unknown")


def _nobody(resolution: Resolution) -> str:
    rule = resolution.rule
    return f"{rule.file}:{rule.line} says that nobody owns this." if rule else "No rule says who owns this."


def _of_unowned(case: Case, part: Part) -> Policy:
    """Rules that nobody owns are changed by nobody alone, whatever the rulebook allows of unowned paths."""
    policy = case.terms.unowned
    guarded = any(map(is_of_rules, part.paths))
    return max(policy, Policy.APPROVAL, key=_STRICTER.__getitem__) if guarded else policy


def _strictest(case: Case, part: Part, policy: Policy) -> Policy:
    owned = bool(requirements(part.resolution))
    return policy if owned else max(policy, _of_unowned(case, part), key=_STRICTER.__getitem__)


def is_of_rules(path: str) -> bool:
    """Whether a path holds rules of ownership or agreements themselves."""
    return path.rpartition("/")[2] in _RULE_FILES or path.startswith(".awayteam/")


_RULE_FILES = frozenset({"CODEOWNERS", "OWNERS", "OWNERS_ALIASES", "MAINTAINERS"})


def _policy(case: Case, part: Part, found: Findings, policy: Policy, what: str) -> None:
    if part.resolution.waived:
        found.passes("waived", "The rules approve changes of this without anybody's word.")
    elif policy is Policy.ALLOW:
        found.passes("policy", f"{what} goes in without anybody's word, says the rulebook.")
    elif policy is Policy.DENY:
        found.denied = True
        found.fails("policy", f"{what} doesn't go in, says the rulebook.")
    elif requirements(part.resolution):
        _owners(case, part.resolution, found)
    else:
        _anybody(case, found)


def _anybody(case: Case, found: Findings) -> None:
    others = case.voices.by(case.voices.approving)
    if others:
        found.passes("approved", f"{case.organisation.label(others[0])} approved it.")
    else:
        found.needs.append(Need("somebody", "Somebody who works here and has no hand in it approves."))


def _owners(case: Case, resolution: Resolution, found: Findings) -> None:
    """Owners' words for each requirement; those of a team of one's own ask what the rulebook asks at home."""
    if resolution.waived:
        found.passes("waived", "The rules approve changes of this without anybody's word.")
        return
    for one in requirements(resolution):
        if one.optional:
            found.passes("optional", f"The section {shown(one.rule.section)} is optional.")
            continue
        count = _count(case, one)
        if count == 0:
            found.passes("home-change", _own(case))
        else:
            found.take(lacking(case, one, count))


def _own(case: Case) -> str:
    pushed = case.change.way is Way.PUSH and case.terms.home_pushes
    return "Owners may push to their own code." if pushed else "Owners need nobody's word for their own code."


def _count(case: Case, requirement: Requirement) -> int:
    """How many approvals a requirement takes; of one's own team fewer, but a program is of nobody's."""
    if case.change.author.is_bot or not case.parties.includes(case.party(requirement), case.author):
        return max(1, requirement.approvals)
    if case.change.way is Way.PUSH and case.terms.home_pushes:
        return 0
    return requirement.approvals if requirement.approvals > 1 else case.terms.home_approvals
