"""Whose words a requirement still lacks, beside those that it has."""

from awayteam.gate.case import Case
from awayteam.gate.parties import ASKED_AT_MOST
from awayteam.gate.verdict import Need, Reason
from awayteam.sources.ownership.base import Requirement, shown


def lacking(case: Case, requirement: Requirement, count: int) -> tuple[list[Reason], list[Need]]:
    """Approvals of owners that a requirement has, and what it lacks of `count`.

    Those above the owners stand in where too few owners are left besides the authors: their approvals count then.
    """
    party = case.party(requirement)
    if not party.is_known:
        names = ", ".join(map(shown, party.names))
        says = f"Nobody knows who {names} is; link the name to a team or a person, or mend {_place(requirement)}."
        return [], [Need("unknown-owner", says, count)]
    able, above = case.parties.asked(party, case.voices.hands)
    eligible = able if len(able) >= count else (*able, *above)
    given = case.voices.by(eligible)
    given += [one for one in case.voices.approving if one not in given and case.parties.includes(party, one)]
    reasons = [Reason("approved", True, f"{case.organisation.label(one)} approved it.") for one in given]
    if len(given) >= count:
        return reasons, []
    left = tuple(one for one in eligible if one not in given)
    more = count - len(given)
    return reasons, [
        Need("owner", _says(case, requirement, more, alone=not able), more, left[:ASKED_AT_MOST], party.teams, above)
    ]


def _place(requirement: Requirement) -> str:
    return f"{requirement.rule.file}:{requirement.rule.line}"


def _says(case: Case, requirement: Requirement, more: int, *, alone: bool) -> str:
    party = case.party(requirement)
    teams = [case.organisation.label(team) for team in party.teams]
    names = teams or [case.organisation.label(person) for person in sorted(party.people)]
    section = f" (section {shown(requirement.rule.section)})" if requirement.rule.section else ""
    who = " or ".join(names[:5]) + (" or others" if len(names) > 5 else "")
    if alone:
        return f"Nobody else of {who} is left to approve{section}; those above them may."
    return f"{'One' if more == 1 else more} of {who} approves{section}."
