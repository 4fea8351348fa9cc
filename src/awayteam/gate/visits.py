"""What an away team's change needs: what its contract settled with the home team, and the words of all other owners."""

from collections.abc import Callable

from awayteam.gate.case import Case, Part
from awayteam.gate.change import Check
from awayteam.gate.facts import Agreement, Look, Mode, Round
from awayteam.gate.needing import lacking
from awayteam.gate.parties import ASKED_AT_MOST, requirements
from awayteam.gate.verdict import Need, Reason

Found = tuple[list[Reason], list[Need]]
Settled = Callable[[Case, Agreement, int], Found]


def visiting(case: Case, part: Part, agreement: Agreement) -> Found:
    """A change that an engagement grants: its review mode, once, and requirements of owners who didn't sign it."""
    return _with_others(case, part, agreement, _BY_MODE[agreement.mode])


def repairing(case: Case, part: Part, agreement: Agreement) -> Found:
    """A repair under warranty: the home side's word, whatever the mode was."""
    return _with_others(case, part, agreement, _every_change)


def _with_others(case: Case, part: Part, agreement: Agreement, settled: Settled) -> Found:
    asked = [] if part.resolution.waived else [one for one in requirements(part.resolution) if not one.optional]
    own = [one for one in asked if case.is_settled_by(agreement, one)]
    others = [one for one in asked if one not in own]
    reasons: list[Reason] = []
    needs: list[Need] = []
    if own or not others:
        count = max((one.approvals for one in own), default=1)
        reasons, needs = settled(case, agreement, max(1, count))
    for one in others:
        because, lacks = lacking(case, one, max(1, one.approvals))
        reasons.append(Reason("other-owners", False, _not_bound(case, agreement, one.owners)))
        reasons += because
        needs += lacks
    return reasons, needs


def _not_bound(case: Case, agreement: Agreement, owners: tuple[str, ...]) -> str:
    home = case.organisation.label(agreement.home_team)
    return f"{', '.join(owners)} didn't sign the contract; {home} can't settle it for them."


def _every_change(case: Case, agreement: Agreement, count: int) -> Found:
    """The home side approves each change: by a review on the forge or by a round, at this very commit."""
    rounds = [one for one in case.rounds(agreement) if not one.own]
    if silent := _at_head(case, rounds, Look.UNANSWERED):
        return [Reason("silence", True, f"Nobody of the home side answered in time{_of(silent)}; it may go in.")], []
    given = _home_words(case, agreement, rounds)
    reasons = [
        Reason("approved", True, f"{case.organisation.label(one)} approved it for the home side.") for one in given
    ]
    if len(given) >= count:
        return reasons, []
    return reasons, [_ask_home(case, agreement, rounds, given, count - len(given))]


def _architecture(case: Case, agreement: Agreement, count: int) -> Found:
    """The home team signed the design; the away team merges on its own review and green checks."""
    del count  # settled by the design
    reasons: list[Reason] = []
    needs: list[Need] = []
    rounds = case.rounds(agreement)
    if agreement.design_signed:
        reasons.append(Reason("design", True, "The home side signed the design."))
    else:
        who = _home_people(case, agreement)
        needs.append(Need("design", "The home side signs the design first.", people=who, address=agreement.address))
    if given := _home_words(case, agreement, rounds) or _own_words(case, agreement, rounds):
        reasons.append(Reason("own-review", True, f"{case.organisation.label(given[0])} looked at it."))
    else:
        members = tuple(sorted(case.members(agreement) - case.voices.hands))[:ASKED_AT_MOST]
        says = (
            "Another of the away team looks at it."
            if members
            else "The away team has nobody else; the home side looks."
        )
        needs.append(
            Need(
                "own-review", says, people=members or _home_people(case, agreement), else_=_home_people(case, agreement)
            )
        )
    because, lacks = checks(case)
    return [*reasons, *because], [*needs, *lacks]


def _bar_raiser(case: Case, agreement: Agreement, count: int) -> Found:
    """Independent reviewers approve, because the home team can't; its own word counts all the same."""
    rounds = [one for one in case.rounds(agreement) if not one.own]
    if silent := _at_head(case, rounds, Look.UNANSWERED):
        return [Reason("silence", True, f"Nobody answered in time{_of(silent)}; it may go in.")], []
    given = _home_words(case, agreement, rounds)
    if given:
        label = case.organisation.label(given[0])
        return [Reason("independent", True, f"{label} approved it.")], []
    open_ones = [one for one in rounds if one.look is Look.WAITING]
    if open_ones:
        return [], [_ask_home(case, agreement, rounds, [], count)]
    says = "An independent reviewer looks: open a review round, and one is assigned."
    people = (agreement.away_lead,) if agreement.away_lead else ()
    return [], [
        Need("independent", says, people=people, else_=_home_people(case, agreement), address=agreement.address)
    ]


_BY_MODE = {Mode.EVERY_CHANGE: _every_change, Mode.ARCHITECTURE: _architecture, Mode.BAR_RAISER: _bar_raiser}


def checks(case: Case) -> Found:
    """Checks that the standards name, as they are at the head; `*` wants every one that ran, and at least one."""
    by_name: dict[str, Check] = {one.name: one for one in case.change.checks}
    names = list(case.standards.checks)
    if "*" in names:
        names = [one for one in names if one != "*"] + sorted(set(by_name).difference(names))
        if not by_name:
            return [], [Need("checks", "No check has run at this commit yet.")]
    reasons, needs = [], []
    for name in names:
        found = by_name.get(name)
        if found is not None and found.passed:
            reasons.append(Reason("checks", True, f"The check {name} is green."))
        else:
            state = "hasn't run" if found is None else "is running" if found.passed is None else "failed"
            needs.append(Need("checks", f"The check {name} {state}; it must be green at this commit."))
    return reasons, needs


def _at_head(case: Case, rounds: list[Round], look: Look) -> Round | None:
    return next((one for one in rounds if one.look is look and case.at_head(one)), None)


def _of(one: Round) -> str:
    return f" ({one.address})" if one.address else ""


def _home_words(case: Case, agreement: Agreement, rounds: list[Round]) -> list[str]:
    """Who approved for the home side, or in its place: on the forge, or in a round, at this commit."""
    given = [one for one in case.voices.approving if case.is_of_home(agreement, one)]
    barred = case.voices.hands | case.members(agreement)
    for one in rounds:
        answered = one.look is Look.APPROVED and not one.own and case.at_head(one)
        if answered and one.by and one.by not in barred and one.by not in given:
            given.append(one.by)
    return given


def _own_words(case: Case, agreement: Agreement, rounds: list[Round]) -> list[str]:
    """Who of the away team looked at it beside its authors."""
    able = case.members(agreement) - case.voices.hands
    given = [one for one in case.voices.approving if one in able]
    given += [
        one.by for one in rounds if one.own and one.look is Look.APPROVED and case.at_head(one) and one.by in able
    ]
    return given


def _home_people(case: Case, agreement: Agreement) -> tuple[str, ...]:
    people = (*agreement.answering, *case.organisation.people_of(agreement.home_team))
    barred = case.voices.hands | case.members(agreement)
    able = [one for one in dict.fromkeys(people) if one not in barred and case.organisation.is_present(one)]
    return tuple(able[:ASKED_AT_MOST])


def _ask_home(case: Case, agreement: Agreement, rounds: list[Round], given: list[str], more: int) -> Need:
    """The word of the home side that is lacking: of whoever has the turn in a round, by its clock, or of anybody."""
    people = tuple(one for one in _home_people(case, agreement) if one not in given)
    home = (agreement.home_team,)
    returned = next((one for one in rounds if one.look is Look.CHANGES), None)
    waiting = next((one for one in rounds if one.look is Look.WAITING), None)
    if waiting is not None:
        turn = (waiting.turn,) if waiting.turn else people
        stale = "" if case.at_head(waiting) else " The round shows another commit; show it this one."
        return Need(
            "home-side", f"The reviewer of the round answers.{stale}", more, turn, home,
            tuple(one for one in people if one not in turn), waiting.due_at, waiting.address,
        )  # fmt: skip
    if returned is not None:
        who = (agreement.away_lead,) if agreement.away_lead else ()
        return Need(
            "changes", "The reviewer asked for changes; the away team answers them.", more, who, else_=people,
            address=returned.address,
        )  # fmt: skip
    label = case.organisation.label(agreement.home_team)
    moved_on = any(one.look is Look.APPROVED for one in rounds)
    says = f"Somebody of {label} approves{', for the change moved on since' if moved_on else ''}."
    return Need("home-side", says, more, people, home, address=agreement.address)
