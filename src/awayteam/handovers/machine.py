"""The lives of a handover and of a defect under warranty as tables. Source: specs/engagements.md, ADR 0011."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a handover stands. The last three are final."""

    PREPARING = "preparing"
    SUBMITTED = "submitted"
    LOOKING_OVER = "looking-over"
    ACCEPTED = "accepted"
    TAKEN_BACK = "taken-back"
    LAPSED = "lapsed"


class Verb(StrEnum):
    """What moves a handover from one state to another."""

    ACCEPT = "accept"
    BEGIN = "begin"
    EXPIRE = "expire"
    LAPSE = "lapse"
    REFUSE = "refuse"
    SUBMIT = "submit"
    TAKE_BACK = "take-back"


class Party(StrEnum):
    """Who acts in a handover."""

    AWAY = "away side"
    HOME = "home side"
    REVIEWER = "fall-back reviewer"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.ACCEPTED, State.TAKEN_BACK, State.LAPSED})
OPEN = tuple(state for state in State if state not in FINAL)
DECIDING = frozenset({State.SUBMITTED, State.LOOKING_OVER})
"""States in which somebody of the other side has the work before them: its checklist doesn't change."""

S, V, P = State, Verb, Party


def _on(
    verb: StrEnum,
    sources: StrEnum | tuple[StrEnum, ...],
    targets: StrEnum | tuple[StrEnum, ...],
    by: tuple[str, ...],
    says: str,
) -> Transition:
    froms = sources if isinstance(sources, tuple) else (sources,)
    return Transition(verb, frozenset(froms), targets if isinstance(targets, tuple) else (targets,), by, says)


MACHINE = Machine(
    name="handover",
    title="Handover",
    states=State,
    start=(S.PREPARING,),
    terminal=FINAL,
    waiting={
        S.PREPARING: Waiting("the away team's lead", "prepare_minutes", "taken back; the away team works on"),
        S.SUBMITTED: Waiting("the home team's decider", "decide_minutes", "an independent fall-back reviewer looks it over"),
        S.LOOKING_OVER: Waiting("the fall-back reviewer", "look_over_minutes", "accepted: silence counts now"),
    },
    transitions=(
        _on(V.SUBMIT, S.PREPARING, S.SUBMITTED, (P.AWAY,), "Each line is done with its evidence, or waived; no round of review is open."),
        _on(V.ACCEPT, S.SUBMITTED, S.ACCEPTED, (P.HOME,), "The home team takes it; access ends."),
        _on(V.ACCEPT, S.LOOKING_OVER, S.ACCEPTED, (P.REVIEWER, P.HOME), "The fall-back reviewer, or the home team after all, takes it."),
        _on(V.REFUSE, S.SUBMITTED, S.PREPARING, (P.HOME,), "Citing a frozen standard, or a line of the checklist that isn't met."),
        _on(V.REFUSE, S.LOOKING_OVER, S.PREPARING, (P.REVIEWER, P.HOME), "Citing a frozen standard, or a line of the checklist that isn't met."),
        _on(V.TAKE_BACK, (S.PREPARING, S.SUBMITTED, S.LOOKING_OVER), S.TAKEN_BACK, (P.AWAY,), "The away team works on; a later handover has the next number."),
        _on(V.LAPSE, (S.PREPARING, S.SUBMITTED, S.LOOKING_OVER), S.LAPSED, (P.AWAYTEAM,), "The engagement ended, rests, or is worked on."),
        _on(V.EXPIRE, S.PREPARING, S.TAKEN_BACK, (P.CLOCK,), "It wasn't submitted in its time."),
        _on(V.EXPIRE, S.SUBMITTED, S.LOOKING_OVER, (P.CLOCK,), "The home team didn't answer."),
        _on(V.EXPIRE, S.LOOKING_OVER, S.ACCEPTED, (P.CLOCK,), "Nobody objected in two turns."),
    ),
)  # fmt: skip


class DefectState(StrEnum):
    """With whom a defect is. The last three are final."""

    AWAY = "away"
    HOME = "home"
    DISPUTED = "disputed"
    FIXED = "fixed"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


class DefectVerb(StrEnum):
    """What moves a defect."""

    DISMISS = "dismiss"
    DISPUTE = "dispute"
    EXPIRE = "expire"
    FIX = "fix"
    REPORT = "report"
    RULE = "rule"
    TAKE = "take"


class DefectParty(StrEnum):
    """Who acts with a defect."""

    AWAY = "away side"
    HOME = "home side"
    REPORTER = "whoever reported it"
    MANAGER = "unit manager"
    CLOCK = CLOCK


D, W, Q = DefectState, DefectVerb, DefectParty
DEFECT_FINAL = frozenset({D.FIXED, D.DISMISSED, D.LAPSED})
DEFECT_OPEN = tuple(state for state in DefectState if state not in DEFECT_FINAL)

DEFECT = Machine(
    name="defect",
    title="Defect of what a visit built",
    states=DefectState,
    start=(D.AWAY, D.HOME),
    terminal=DEFECT_FINAL,
    waiting={
        D.AWAY: Waiting("the away team's lead", "fix_minutes of its severity", "the unit manager of both decides; once one did, the home team has it"),
        D.HOME: Waiting("the home team's decider", "home_minutes", "lapsed: nobody said that it was fixed"),
        D.DISPUTED: Waiting("the manager of the lowest common unit", "rule_minutes", "back to where the rules put it, for good"),
    },
    transitions=(
        _on(W.DISPUTE, D.AWAY, D.DISPUTED, (Q.AWAY,), "It isn't theirs, with the reason; once for each defect."),
        _on(W.DISPUTE, D.HOME, D.DISPUTED, (Q.HOME,), "The visit caused it, with the reason; once for each defect."),
        _on(W.TAKE, D.AWAY, D.HOME, (Q.HOME,), "The home team repairs it itself."),
        _on(W.TAKE, D.HOME, D.AWAY, (Q.AWAY,), "The away team repairs it all the same."),
        _on(W.RULE, D.DISPUTED, (D.AWAY, D.HOME), (Q.MANAGER,), "The manager says whose it is, with the reason."),
        _on(W.FIX, (D.AWAY, D.HOME), D.FIXED, (Q.AWAY, Q.HOME), "It is repaired, by this commit or in these words."),
        _on(W.DISMISS, (D.AWAY, D.HOME, D.DISPUTED), D.DISMISSED, (Q.REPORTER, Q.HOME), "It is no defect, with the reason."),
        _on(W.EXPIRE, D.AWAY, (D.DISPUTED, D.HOME), (Q.CLOCK,), "The away team didn't repair it in its time: the manager decides; where one did already, the home team has it."),
        _on(W.EXPIRE, D.HOME, D.LAPSED, (Q.CLOCK,), "Nobody said that it was fixed."),
        _on(W.EXPIRE, D.DISPUTED, (D.AWAY, D.HOME), (Q.CLOCK,), "The manager didn't decide: what the rules said stands."),
    ),
)  # fmt: skip
