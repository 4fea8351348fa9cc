"""What follows when the clock of an engagement has run out."""

from awayteam.engagements.actions import requesting
from awayteam.engagements.actions.moving import Holding, end_contracts, move
from awayteam.engagements.actions.running import begin_work, go_on
from awayteam.engagements.machine import State, Verb
from awayteam.engagements.turns import today, waiting_side


def expire(held: Holding) -> None:
    """Let a held engagement go on as its machine says; `held.party` is the clock."""
    state = State(held.row.state)
    if state is State.AGREED and not _too_late(held):
        begin_work(held)
    elif state is State.PAUSED:
        go_on(held)
    elif state is State.PRODUCTION:
        held.row.production_at = held.now
        move(held, Verb.EXPIRE, State.WARRANTY, words="Nobody recorded a deployment in time.")
    elif state is State.WARRANTY:
        move(held, Verb.EXPIRE, State.CLOSED)
    else:
        _end(held, state)


def _too_late(held: Holding) -> bool:
    """Whether the last day of the time-box was over before anything looked at the clock of the first."""
    row = held.row
    return row.ends_on is not None and row.ends_on < today(row.away_team, held.now)


WORDS = {
    State.PREPARING: "The contract wasn't proposed in time.",
    State.AGREED: "The time-box was over before work began.",
    State.ACTIVE: "The time-box is over.",
    State.HANDING_OVER: "The handover wasn't accepted in time.",
}


def _end(held: Holding, state: State) -> None:
    words, data = WORDS.get(state, ""), {}
    if state is State.PROPOSED:
        side = waiting_side(held.row)
        words, data = f"The {side.value} side didn't sign in time.", {"silent": side.value}
        end_contracts(held, words, lapsed=True)
    held.row.reason = "time-over"
    move(held, Verb.EXPIRE, State.EXPIRED, words=words, reason_code="time-over", data=data)
    requesting.stop(held, words)
