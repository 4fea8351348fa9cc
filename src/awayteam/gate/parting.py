"""A change cut into parts: by the rule that decides, and by what the author is to its owners."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from awayteam.engagements.access import Access
from awayteam.gate.case import Case, Part
from awayteam.gate.facts import Agreement, Stage
from awayteam.gate.parties import requirements
from awayteam.gate.sections import is_of_rules
from awayteam.gate.verdict import Standing
from awayteam.sources.ownership.base import Resolution

_NOT_ASKED = Access(False, "")


def parts(case: Case) -> list[Part]:
    """Every path in exactly one part, in the order in which the change names them."""
    paths = list(dict.fromkeys(case.change.paths))
    found: dict[Resolution, list[str]] = {}
    seen: dict[int, list[str]] = {}
    kept = []
    guard = _guard(case)
    for path, resolution in zip(paths, case.ownership.resolve_many(paths), strict=True):
        if guard is not None and is_of_rules(path) and not requirements(resolution):
            resolution = guard
        group = seen.get(id(resolution))
        if group is None:
            kept.append(resolution)  # so that no other object gets its number
            group = seen[id(resolution)] = found.setdefault(resolution, [])
        group.append(path)
    return _standings(case, found)


def _guard(case: Case) -> Resolution | None:
    """Who owns the rules themselves: they guard new rule files too, which the base's rules don't know yet."""
    if not case.ownership.file:
        return None
    found = next(iter(case.ownership.resolve_many([case.ownership.file])))
    return found if requirements(found) else None


def _standings(case: Case, found: dict[Resolution, list[str]]) -> list[Part]:
    """The groups with what the author is to each; access is asked once for all paths of others."""
    author = case.change.author
    if author.is_bot:
        return [Part(tuple(some), one, Standing.BOT) for one, some in found.items()]
    if not author.person or not case.organisation.is_present(author.person):
        return [Part(tuple(some), one, Standing.UNKNOWN) for one, some in found.items()]
    home = {id(one) for one in found if _is_home(case, one)}
    others = [path for one, some in found.items() if id(one) not in home for path in some]
    answers = dict(zip(others, _answers(case, others), strict=True))
    made: list[Part] = []
    for one, some in found.items():
        if id(one) in home:
            made.append(Part(tuple(some), one, Standing.HOME))
        else:
            made += _by_answer(case, one, some, answers)
    return made


def _answers(case: Case, paths: list[str]) -> Sequence[Access]:
    number = case.engagements.ids.get(case.author)
    if number is None or not paths:
        return [_NOT_ASKED] * len(paths)
    return case.engagements.grants.may_many(number, paths, case.now, case.change.repository)


def _is_home(case: Case, resolution: Resolution) -> bool:
    """Whether the author is of those whose word is needed; of optional ones only where there are no others."""
    asked = requirements(resolution)
    needed = [one for one in asked if not one.optional] or asked
    return any(case.parties.includes(case.party(one), case.author) for one in needed)


def _by_answer(case: Case, resolution: Resolution, paths: list[str], answers: Mapping[str, Access]) -> list[Part]:
    groups: dict[tuple[Standing, int, str, datetime | None], list[str]] = defaultdict(list)
    for path in paths:
        answer = answers[path]
        agreement = case.engagements.agreements.get(answer.engagement or 0)
        standing = _standing(case, resolution, answer, agreement)
        why = "" if answer.allowed else answer.reason
        groups[standing, agreement.id if agreement else 0, why, answer.until].append(path)
    return [
        Part(tuple(some), resolution, standing, case.engagements.agreements.get(engagement), why, until)
        for (standing, engagement, why, until), some in groups.items()
    ]


def _standing(case: Case, resolution: Resolution, answer: Access, agreement: Agreement | None) -> Standing:
    if agreement is not None and answer.allowed:
        return Standing.VISIT
    if agreement is not None and _under_warranty(case, agreement):
        return Standing.WARRANTY
    return Standing.AWAY if requirements(resolution) else Standing.UNOWNED


def _under_warranty(case: Case, agreement: Agreement) -> bool:
    until = agreement.warranty_until
    return (
        agreement.stage is Stage.WARRANTY
        and until is not None
        and case.now < until
        and case.author in case.members(agreement)
    )
