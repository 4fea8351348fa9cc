"""What follows when a clock of an experiment runs out."""

from awayteam.experiments.actions.designing import back_to_draft
from awayteam.experiments.actions.running import stop_held
from awayteam.experiments.machine import State, Verb
from awayteam.experiments.models import Experiment
from awayteam.kernel.machines import CLOCK
from awayteam.stories.plot import Held
from awayteam.stories.stepping import enter


def expire(held: Held[Experiment]) -> None:
    """Called with the row held, in the transaction that ends its clock."""
    held.party, row = CLOCK, held.row
    state = State(row.state)
    if state is State.DRAFT:
        enter(held, Verb.EXPIRE, State.WITHDRAWN, words="Nobody went on with the draft.")
    elif state in (State.CHECKED, State.READY):
        back_to_draft(held, Verb.EXPIRE, "It was checked too long ago: traffic and collisions are old.")
    elif state is State.RUNNING:
        stop_held(held, "The planned runtime is over.")
    else:
        row.silent += 1
        waits = {State.IN_REVIEW: "The review still runs.", State.STOPPED: "Nobody decided.",
                 State.DECIDED: "The flag is still there."}[state]  # fmt: skip
        enter(held, Verb.EXPIRE, state, words=waits, urgent=state is not State.IN_REVIEW)
