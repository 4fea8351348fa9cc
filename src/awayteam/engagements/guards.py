"""What an engagement's history forbids, for `stories.check` and for pages that offer what can be done."""

from awayteam.engagements import rules, turns
from awayteam.engagements.machine import State, Verb
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import OTHER, Standing
from awayteam.kernel import rulebook
from awayteam.stories.plot import Held


def why_not(held: Held[Engagement], verb: Verb) -> str:
    """Why the row's history doesn't allow `verb` to this actor now, as a sentence; "" where it does."""
    row, state = held.row, State(held.row.state)
    if why := rules.why_not(state, verb):
        return why
    today = turns.today(row.away_team, held.now)
    if row.ends_on is not None and (why := rules.why_not_past(verb, row.ends_on, today)):
        return why
    if verb in (Verb.SIGN, Verb.DECLINE):
        return _signed_already(held)
    if verb is Verb.START and row.starts_on is not None:
        return rules.why_not_start(row.starts_on, today, rulebook.current().engagements.early_start_days)
    return ""


def _signed_already(held: Held[Engagement]) -> str:
    standing: Standing = held.standing
    side = turns.waiting_side(held.row)
    if standing.side(held.actor.person_id) == OTHER[side]:
        return f"Your side has signed this text already; {standing.team(side)} signs next."
    return ""
