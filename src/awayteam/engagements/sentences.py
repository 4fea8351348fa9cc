"""What people are told of each step, in one sentence."""

from awayteam.engagements.machine import State, Verb
from awayteam.engagements.models import Engagement
from awayteam.kernel.machines import CLOCK
from awayteam.stories.plot import Held

BY_SOMEBODY: dict[Verb, str] = {
    Verb.ACCEPT: "the handover of {it} was accepted; access ends",
    Verb.AMEND: "an amendment of {it} is in force",
    Verb.CLOSE: "{who} closed {it} before its warranty ended",
    Verb.DECLINE: "{who} doesn't sign the contract of {it}",
    Verb.DEPLOY: "{it} is in production; the warranty runs",
    Verb.HAND_OVER: "{who} hands {it} over; fill in the checklist",
    Verb.OPEN: "{who} prepares {it}",
    Verb.PAUSE: "{who} paused {it} until {until}; access rests",
    Verb.PROPOSE: "{who} signed the contract of {it}; it waits for the other side",
    Verb.RESUME: "{who} let {it} go on; access too",
    Verb.REVISE: "{who} took the contract of {it} back to change it",
    Verb.SIGN: "{who} signed {it}: the contract is in force",
    Verb.START: "{it} begins, and access with it",
    Verb.WITHDRAW: "the away team of {it} goes; access ends",
    Verb.WORK_ON: "work on {it} goes on before it is handed over",
}
BY_CLOCK: dict[State, str] = {
    State.ACTIVE: "{it} goes on: its day has come, and access with it",
    State.EXPIRED: "the time of {it} is over; it has expired",
    State.WARRANTY: "nobody recorded a deployment of {it}: the warranty runs from now",
    State.CLOSED: "the warranty of {it} is over; it is closed",
}


def sentence(held: Held[Engagement], verb: Verb, state: State) -> str:
    """What happened, for everybody who hears of it; ends with a full stop."""
    row = held.row
    by_clock = held.party == CLOCK and state in BY_CLOCK
    said = BY_CLOCK[state] if by_clock else BY_SOMEBODY.get(verb, "{it} is {state} now")
    text = said.format(
        it=row.title or f"engagement {row.pk}", who=held.actor.label or "Awayteam", until=row.paused_until,
        state=state.value.replace("-", " "),
    )  # fmt: skip
    return f"{text[:1].upper()}{text[1:]}."
