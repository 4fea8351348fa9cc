"""The life of a request as a table: its states, who has the turn in each, and what leads where.

Source of the words: the mission's questions 1 and 4, and `docs/adr/0010-requests-and-roadmaps.md`.
"""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a request stands. The last six are final."""

    ASKED = "asked"
    NEEDS_INFORMATION = "needs-information"
    OFFERED = "offered"
    ARBITRATION = "arbitration"
    OVERDUE = "overdue"
    DECLINED = "declined"
    ESCALATED = "escalated"
    AWAY_WELCOME = "away-welcome"
    AWAY = "away"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    DUPLICATED = "duplicated"
    DROPPED = "dropped"
    LAPSED = "lapsed"


class Verb(StrEnum):
    """What moves a request from one state to another."""

    ACCEPT = "accept"
    ANSWER = "answer"
    ASK_BACK = "ask-back"
    ASSIGN = "assign"
    CONFIRM = "confirm"
    DECLINE = "decline"
    DELIVER = "deliver"
    DISPUTE = "dispute"
    DUPLICATE = "duplicate"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    FINISH_AWAY = "finish-away"
    GIVE_UP = "give-up"
    LOSE_HOME = "lose-home"
    MERGE = "merge"
    MOVE = "move"
    POSTPONE = "postpone"
    RESHUFFLE = "reshuffle"
    RULE_AWAY = "rule-away"
    SEND_AWAY = "send-away"
    SEND_BACK = "send-back"
    STOP_AWAY = "stop-away"
    TAKE_OVER = "take-over"
    UPHOLD = "uphold"
    WAIT = "wait"
    WELCOME = "welcome"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts in a request: its sides, the team that it was offered to, the unit's manager, and the clock."""

    HOME = "home decider"
    ASKING = "asking side"
    OFFERED = "decider of the team it was offered to"
    MANAGER = "unit manager"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset(
    {State.DONE, State.WITHDRAWN, State.MERGED, State.DUPLICATED, State.DROPPED, State.LAPSED}
)  # fmt: skip
OPEN = tuple(state for state in State if state not in FINAL)

HOME_TURN = frozenset({State.ASKED, State.ACCEPTED})
ASKING_TURN = frozenset(
    {State.NEEDS_INFORMATION, State.OVERDUE, State.DECLINED, State.AWAY_WELCOME, State.AWAY, State.DELIVERED}
)
MANAGER_TURN = frozenset({State.ARBITRATION, State.ESCALATED})


def _on(
    verb: Verb, sources: State | tuple[State, ...], targets: State | tuple[State, ...], by: Party, says: str
) -> Transition:
    froms = (sources,) if isinstance(sources, State) else sources
    tos = (targets,) if isinstance(targets, State) else targets
    return Transition(verb, frozenset(froms), tos, (by,), says)


S, V, P = State, Verb, Party

MACHINE = Machine(
    name="request",
    title="Request",
    states=State,
    start=(S.ASKED, S.ARBITRATION),
    terminal=FINAL,
    waiting={
        S.ASKED: Waiting("the home team's decider", "decide_minutes of its kind", "overdue; an away team can't be refused any more"),
        S.NEEDS_INFORMATION: Waiting("the asker", "answer_minutes", "lapsed"),
        S.OFFERED: Waiting("the decider of the team it was offered to", "take_over_minutes", "back to the team that moved it"),
        S.ARBITRATION: Waiting("the manager of the lowest common unit", "arbitrate_minutes", "the next unit above; at the top back to the home team"),
        S.OVERDUE: Waiting("the asker", "choose_minutes", "the home team is asked again; after rounds_max rounds lapsed"),
        S.DECLINED: Waiting("the asker", "choose_minutes", "dropped"),
        S.ESCALATED: Waiting("the manager of the lowest common unit", "escalation_minutes", "the next unit above; at the top the refusal stands"),
        S.AWAY_WELCOME: Waiting("the asker", "start_away_minutes", "dropped"),
        S.AWAY: Waiting("the away team", "away_minutes, or the date it named", "overdue"),
        S.ACCEPTED: Waiting("the home team's decider", "until the promised date", "overdue"),
        S.DELIVERED: Waiting("the asker", "confirm_minutes", "done"),
    },
    transitions=(
        _on(V.ACCEPT, (S.ASKED, S.OVERDUE, S.DECLINED), S.ACCEPTED, P.HOME, "It gets a rank on the roadmap and a range of dates."),
        _on(V.WELCOME, (S.ASKED, S.OVERDUE, S.DECLINED), S.AWAY_WELCOME, P.HOME, "The askers may send an away team."),
        _on(V.DECLINE, (S.ASKED, S.OVERDUE), S.DECLINED, P.HOME, "With a reason of the list, and words."),
        _on(V.ASK_BACK, S.ASKED, S.NEEDS_INFORMATION, P.HOME, "The clock is the asker's now."),
        _on(V.ANSWER, S.NEEDS_INFORMATION, S.ASKED, P.ASKING, "The home team goes on with the time it had left."),
        _on(V.MOVE, S.ASKED, (S.OFFERED, S.ARBITRATION), P.HOME, "Another team is asked to take it; after too many moves a manager decides."),
        _on(V.TAKE_OVER, S.OFFERED, S.ASKED, P.OFFERED, "The other team is the home team now and has a whole clock."),
        _on(V.SEND_BACK, S.OFFERED, (S.ASKED, S.ARBITRATION), P.OFFERED, "It isn't theirs; after too many moves a manager decides."),
        _on(V.ASSIGN, S.ARBITRATION, S.ASKED, P.MANAGER, "The manager names the home team; it can't be moved again."),
        _on(V.WAIT, S.OVERDUE, S.ASKED, P.ASKING, "The home team is asked again; what it lost stays lost."),
        _on(V.SEND_AWAY, (S.OVERDUE, S.DECLINED, S.AWAY_WELCOME), S.AWAY, P.ASKING, "An away team does it, unless that was refused in time."),
        _on(V.STOP_AWAY, S.AWAY, S.OVERDUE, P.ASKING, "The away team couldn't do it; that counts as tried."),
        _on(V.FINISH_AWAY, S.AWAY, S.DONE, P.ASKING, "The away team's work is done."),
        _on(V.ESCALATE, (S.OVERDUE, S.DECLINED), S.ESCALATED, P.ASKING, "Where an away team is impossible, refused or was tried."),
        _on(V.RESHUFFLE, S.ESCALATED, S.ACCEPTED, P.MANAGER, "It gets a rank, and what it displaces is named."),
        _on(V.RULE_AWAY, S.ESCALATED, S.AWAY_WELCOME, P.MANAGER, "An away team may come, whatever the home team said."),
        _on(V.UPHOLD, S.ESCALATED, S.DECLINED, P.MANAGER, "The home team needn't do it; it can't be escalated again."),
        _on(V.POSTPONE, S.ACCEPTED, S.ACCEPTED, P.HOME, "A later date is promised, with the reason."),
        _on(V.GIVE_UP, S.ACCEPTED, S.OVERDUE, P.HOME, "The promise is taken back; an away team can't be refused."),
        _on(V.DELIVER, (S.ACCEPTED, S.OVERDUE), S.DELIVERED, P.HOME, "The home team says that it is done."),
        _on(V.CONFIRM, S.DELIVERED, S.DONE, P.ASKING, "It is what was asked for."),
        _on(V.DISPUTE, S.DELIVERED, S.ACCEPTED, P.ASKING, "It isn't what was asked for; the home team goes on."),
        _on(V.MERGE, (S.ASKED, S.NEEDS_INFORMATION, S.OFFERED, S.OVERDUE), S.MERGED, P.HOME, "Its askers and their value go to an equal request."),
        _on(V.DUPLICATE, (S.ASKED, S.NEEDS_INFORMATION, S.OFFERED, S.ARBITRATION, S.OVERDUE, S.DECLINED, S.AWAY_WELCOME, S.ACCEPTED), S.DUPLICATED, P.ASKING, "The askers build their own; it is registered with a date to look again."),
        _on(V.WITHDRAW, OPEN, S.WITHDRAWN, P.ASKING, "The last of the askers needs it no more."),
        _on(V.LOSE_HOME, (S.ASKED, S.NEEDS_INFORMATION, S.OFFERED, S.OVERDUE, S.ACCEPTED), (S.ASKED, S.ARBITRATION), P.AWAYTEAM, "The home team was dissolved: whoever owns it now is asked, else a manager says who."),
        _on(V.EXPIRE, S.ASKED, S.OVERDUE, P.CLOCK, "The home team didn't answer."),
        _on(V.EXPIRE, S.NEEDS_INFORMATION, S.LAPSED, P.CLOCK, "The asker didn't answer."),
        _on(V.EXPIRE, S.OFFERED, (S.ASKED, S.ARBITRATION), P.CLOCK, "The other team didn't take it."),
        _on(V.EXPIRE, S.ARBITRATION, (S.ARBITRATION, S.ASKED), P.CLOCK, "The manager didn't decide: the next one does, and at the top it stays."),
        _on(V.EXPIRE, S.OVERDUE, (S.ASKED, S.LAPSED), P.CLOCK, "The asker didn't choose: the home team is asked again."),
        _on(V.EXPIRE, S.DECLINED, S.DROPPED, P.CLOCK, "The askers left it at that."),
        _on(V.EXPIRE, S.ESCALATED, (S.ESCALATED, S.DECLINED), P.CLOCK, "The manager didn't decide: the next one does, and at the top the refusal stands."),
        _on(V.EXPIRE, S.AWAY_WELCOME, S.DROPPED, P.CLOCK, "Nobody came."),
        _on(V.EXPIRE, S.AWAY, S.OVERDUE, P.CLOCK, "The away team's time is over."),
        _on(V.EXPIRE, S.ACCEPTED, S.OVERDUE, P.CLOCK, "The promised date has passed."),
        _on(V.EXPIRE, S.DELIVERED, S.DONE, P.CLOCK, "Nobody disputed it."),
    ),
)  # fmt: skip
