"""Whose code a change is: the team that owns most of its paths, and the teams whose word it lacks."""

from collections import Counter

from awayteam.gate.facts import Ownership
from awayteam.gate.parties import requirements
from awayteam.gate.permissions import Homes
from awayteam.gate.question import Question
from awayteam.gate.roster import Organisation
from awayteam.gate.verdict import Outcome, Section, Verdict


def home_of(question: Question, verdict: Verdict) -> int | None:
    """The number of the team that owns most of the paths, of several the one named first; None where there is none."""
    organisation, counted = question.facts.organisation, Counter[int]()
    for section in verdict.sections:
        teams = _teams(organisation, question.ownership, section.owners)
        counted.update(dict.fromkeys(teams, len(section.paths)))
    return counted.most_common(1)[0][0] if counted else None


def homes_of(question: Question, verdict: Verdict) -> Homes:
    """The teams of one of which somebody must answer, for each part that isn't let in.

    What concerns the change as a whole (a bar raiser, an objection) is every part's; rules that nobody knows are
    nobody's.
    """
    if question.lacking:
        return Homes((frozenset(),))
    lacking = [one for one in verdict.sections if one.outcome is not Outcome.ALLOWED]
    concerned = verdict.sections if verdict.whole_needs else lacking
    return Homes(tuple(teams for section in concerned for teams in _answering(question, section)))


def _answering(question: Question, section: Section) -> list[frozenset[int]]:
    """The teams of each requirement of a part; one that nobody can answer for where nobody owns it."""
    asked = requirements(next(iter(question.ownership.resolve_many(section.paths[:1]))))
    organisation, rules = question.facts.organisation, question.ownership
    return [frozenset(_teams(organisation, rules, one.owners)) for one in asked if not one.optional] or [frozenset()]


def _teams(organisation: Organisation, rules: Ownership, owners: tuple[str, ...]) -> list[int]:
    found = [organisation.owner(one).team for name in owners for one in rules.expand(name)]
    return list(dict.fromkeys(n for team in found if team and (n := organisation.team_number(team)) is not None))
