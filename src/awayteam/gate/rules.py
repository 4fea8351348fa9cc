"""The gate: may these people make this change to this code now, and whose word does it still lack? Pure.

Source: specs/forges.md, ADR 0012. docs/gate.md says the same for people. In short:

- A path is judged by the rules of the base branch. One's own team's code needs what the team asks of itself.
- The code of others needs an owner's word for each requirement of the rules. Where an engagement grants the path, the
  home team that signed it has settled how: its review mode decides, but only for requirements of that home team.
- Bar raisers' undecided reviews and unmet conditions keep the changes of their engagement back; an owner's objection
  stands until that person takes it back. An emergency passage lets one head in, in public.
"""

from collections.abc import Sequence
from datetime import datetime

from awayteam.gate.case import Case, Part
from awayteam.gate.change import Change
from awayteam.gate.facts import (
    Engagements,
    Organisation,
    Ownership,
    Passage,
    Reviews,
    Standards,
    Terms,
)
from awayteam.gate.parting import parts
from awayteam.gate.sections import sections
from awayteam.gate.verdict import Need, Outcome, Reason, Section, Verdict

_WORST = {Outcome.ALLOWED: 0, Outcome.WAITING: 1, Outcome.DENIED: 2}


def gate(
    change: Change, ownership: Ownership, organisation: Organisation, engagements: Engagements, reviews: Reviews,
    standards: Standards, terms: Terms, now: datetime,
) -> Verdict:  # fmt: skip
    """The verdict about a change at a moment. Raises `ValueError` for a moment without time zone.

    `ownership` are the rules of the base; everything is as of `now`. Takes some 30 ms for 3,000 paths.
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone; changes are judged at moments, not by wall clocks")
    case = Case.of(change, ownership, organisation, engagements, reviews, standards, terms, now)
    found = parts(case)
    judged = sections(case, found)
    reasons, needs = _whole(case, found, judged)
    passage = _passage(case)
    if passage is not None:
        reasons = (_in_emergency(passage), *reasons)
    return Verdict(
        outcome=Outcome.ALLOWED if passage is not None else _outcome(judged, needs),
        repository=change.repository,
        head=change.head,
        at=now,
        sections=judged,
        whole=reasons,
        whole_needs=needs,
        until=_until(found, passage),
        rulebook=terms.version,
    )


def _outcome(judged: Sequence[Section], needs: Sequence[Need]) -> Outcome:
    worst = max((one.outcome for one in judged), key=_WORST.__getitem__, default=Outcome.ALLOWED)
    return max(worst, Outcome.WAITING if needs else Outcome.ALLOWED, key=_WORST.__getitem__)


def _whole(case: Case, found: Sequence[Part], judged: Sequence[Section]) -> tuple[tuple[Reason, ...], tuple[Need, ...]]:
    """What concerns the change as a whole: nothing in it, approvals that don't count, objections, bar raisers."""
    reasons = list(case.voices.aside)
    if not case.change.paths:
        reasons.append(Reason("empty", True, "The change touches no file."))
    needs = [*_objections(case, found), *_holds(case, judged)]
    reasons += [Reason(need.rule, False, need.says) for need in needs]
    return tuple(reasons), tuple(needs)


def _objections(case: Case, found: Sequence[Part]) -> list[Need]:
    """An owner, or somebody who answers for the home side, asked for changes."""
    needs = []
    for person, one in case.voices.objecting.items():
        if any(case.answers_for(part, person) for part in found):
            says = f"{one.label} asks for changes; they approve, or take it back."
            needs.append(Need("objection", says, people=(person,)))
    return needs


def _holds(case: Case, judged: Sequence[Section]) -> list[Need]:
    engaged = {one.engagement for one in judged if one.engagement}
    needs = []
    for hold in case.reviews.holds:
        if hold.engagement in engaged or (not hold.engagement and case.is_here(hold.repository)):
            needs.append(Need("bar-raiser", hold.says, people=hold.who, until=hold.due_at, address=hold.address))
    return needs


def _passage(case: Case) -> Passage | None:
    return next(
        (
            one
            for one in case.reviews.passages
            if one.head == case.change.head and case.is_here(one.repository) and one.at <= case.now < one.until
        ),
        None,
    )


def _in_emergency(passage: Passage) -> Reason:
    return Reason(
        "emergency",
        True,
        f"{passage.label} let {passage.head[:10]} in without the words that it lacks, until "
        f"{passage.until:%Y-%m-%d %H:%M} UTC: {passage.reason} This stands in the public register.",
    )


def _until(found: Sequence[Part], passage: Passage | None) -> datetime | None:
    if passage is not None:
        return passage.until
    return min((part.until for part in found if part.until is not None), default=None)
