"""What would come out if something were otherwise: the same question with other values. Pure.

Suppositions as people write them: `approved:PERSON`, `extended:ENGAGEMENT:YYYY-MM-DD` (its last day, UTC),
`signed:ENGAGEMENT` (the design), `met:ENGAGEMENT` (what bar raisers hold back; 0: of the repository), `green:CHECK`
(`*`: all that are named).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from awayteam.engagements.access import Grants
from awayteam.gate.change import Approval, Change, Check, Said
from awayteam.gate.facts import Engagements, Reviews, Stage, Standards

MOST = 20
LONGEST = 400


class Kind(StrEnum):
    """What may be supposed."""

    APPROVED = "approved"
    EXTENDED = "extended"
    GREEN = "green"
    MET = "met"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Supposition:
    """One thing that isn't so. `what` is a person, a check, or the number of an engagement; `until` is exclusive."""

    kind: Kind
    what: str
    until: datetime | None = None

    @property
    def engagement(self) -> int:
        return int(self.what)


def parse(text: str) -> Supposition:
    """A supposition as people write it. Raises `ValueError` that says what is accepted."""
    kind, _, rest = text.strip().partition(":")
    try:
        known = Kind(kind)
    except ValueError:
        raise ValueError(
            f"{text[:60]!r}: begin with one of {', '.join(each.value for each in Kind)}, then a colon"
        ) from None
    if not rest or len(rest) > LONGEST:
        raise ValueError(f"{text[:60]!r} names nothing after {known.value}:")
    if known in (Kind.APPROVED, Kind.GREEN):
        return Supposition(known, rest)
    number, _, day = rest.partition(":")
    if not number.isdecimal() or not number.isascii() or len(number) > 18:
        raise ValueError(f"{text[:60]!r}: {number[:20]!r} is no number of an engagement")
    if known is not Kind.EXTENDED:
        return Supposition(known, number)
    try:
        end = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:60]!r}: {day[:20]!r} is no day; write extended:{number}:2026-12-31") from None
    return Supposition(known, number, end)


def suppose(
    suppositions: Iterable[Supposition], change: Change, engagements: Engagements, reviews: Reviews,
    standards: Standards, now: datetime,
) -> tuple[Change, Engagements, Reviews]:  # fmt: skip
    """Change, engagements and reviews as they would be; an engagement that isn't there changes nothing."""
    for one in suppositions:
        match one.kind:
            case Kind.APPROVED:
                said = Approval(one.what, one.what, Said.APPROVED, change.head, now)
                change = replace(change, approvals=(*change.approvals, said))
            case Kind.GREEN:
                change = replace(change, checks=_green(one.what, change.checks, standards))
            case Kind.MET:
                reviews = replace(reviews, holds=tuple(h for h in reviews.holds if h.engagement != one.engagement))
            case Kind.SIGNED:
                engagements = _changed(engagements, one.engagement, design_signed=True)
            case Kind.EXTENDED:
                assert one.until is not None  # `parse` and the interfaces keep it so
                engagements = _extended(engagements, one.engagement, one.until)
    return change, engagements, reviews


def _green(name: str, checks: Sequence[Check], standards: Standards) -> tuple[Check, ...]:
    names = {each.name for each in checks} | set(standards.checks) - {"*"} if name == "*" else {name}
    return (*(each for each in checks if each.name not in names), *(Check(each, True) for each in sorted(names)))


def _changed(engagements: Engagements, number: int, *, design_signed: bool) -> Engagements:
    agreement = engagements.agreements.get(number)
    if agreement is None:
        return engagements
    changed = replace(agreement, design_signed=design_signed)
    return replace(engagements, agreements={**engagements.agreements, number: changed})


def _extended(engagements: Engagements, number: int, until: datetime) -> Engagements:
    """Rights that last until the very end of the engagement end later; who left before gets nothing by it."""
    agreement = engagements.agreements.get(number)
    if agreement is None:
        return engagements
    active = replace(agreement, stage=Stage.ACTIVE)
    return replace(
        engagements,
        grants=_longer(engagements.grants, number, until),
        agreements={**engagements.agreements, number: active},
    )


def _longer(grants: Grants, number: int, until: datetime) -> Grants:
    ends = [one.end for some in grants.rights.values() for one in some if one.visit.id == number]
    end = max(ends, default=until)
    if end >= until:
        return grants
    rights = {}
    for person, some in grants.rights.items():
        own = [one._replace(end=until) if one.visit.id == number and one.end == end else one for one in some]
        rights[person] = tuple(sorted(own, key=lambda one: one.end, reverse=True))
    return Grants(rights, grants.places)
