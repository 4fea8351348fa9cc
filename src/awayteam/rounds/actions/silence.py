"""What happens when the clock of a round runs out."""

from awayteam.engagements.actions import extend_for_silence
from awayteam.kernel import rulebook
from awayteam.rounds import reviewers, rules, trips
from awayteam.rounds.actions.ruling import dismiss
from awayteam.rounds.machine import State, Verb
from awayteam.rounds.models import Round
from awayteam.rounds.plots import extend_clock
from awayteam.rounds.rules import Way
from awayteam.stories.plot import Held, hours_of
from awayteam.stories.stepping import enter, touch


def silent(held: Held[Round]) -> None:
    """The next who is asked, or what the silence costs whoever was silent. In the transaction of the clock."""
    row = held.row
    if row.state == State.OPEN:
        _ask_deputy(held)
    elif row.state == State.DEPUTY:
        _ask_independent(held, "Reviewer and deputy were silent.")
    elif row.state == State.FALL_BACK:
        _give_up(held)
    elif row.state == State.DISPUTED:
        dismiss(held, Verb.EXPIRE, "The bar raiser was silent; nobody waits for a demand that nobody rules on.")
    else:
        enter(held, Verb.EXPIRE, State.LAPSED, words="The away team was silent.", data=_data(row))


def _ask_deputy(held: Held[Round]) -> None:
    """The deputy's turn; where there is nobody else, it is the same team's, for as long."""
    row = held.row
    picked = reviewers.deputy(row, now=held.now)
    silent_one = [row.reviewer_id] if row.reviewer_id else []
    row.reviewer_id, row.chosen = picked.person, list(picked.reasons)
    enter(held, Verb.EXPIRE, State.DEPUTY, words="The reviewer was silent.", data=_data(row), persons=silent_one)


def _ask_independent(held: Held[Round], words: str) -> None:
    reviewers.call_independent(held)
    enter(held, Verb.EXPIRE, State.FALL_BACK, words=words, data=_data(held.row))


def _give_up(held: Held[Round]) -> None:
    """Nobody answered: that is recorded, and what was lost is given back."""
    row = held.row
    trip = trips.end(held, State.UNANSWERED)
    waited = trip.minutes if trip and trip.minutes is not None else 0
    most = rulebook.current().engagements.extension_days_max
    days = min(rules.days_lost(waited, hours_of(row.engagement.home_team).minutes_per_day), most)
    data = {**_data(row), "waited_minutes": waited, "days": days}
    why = f"Nobody answered in {days} working days."
    enter(held, Verb.EXPIRE, State.UNANSWERED, words=why, data=data, persons=_both(row), urgent=True)
    extend_for_silence(
        row.engagement, days=days, why=f"Round {row.number} ({row.title}) stayed without an answer.",
        subject=held.subject, actor=held.actor, now=held.now,
    )  # fmt: skip


def _both(row: Round) -> list[int]:
    named = (row.opened_by_id, row.engagement.away_lead_id, row.engagement.home_decider_id)
    return sorted({one for one in named if one is not None})


def _data(row: Round) -> dict[str, object]:
    return {"engagement": row.engagement_id, "kind": row.kind, "trip": row.trip, "number": row.number}


def wait(held: Held[Round]) -> None:
    """While the engagement rests the away team's time rests too: it is given again."""
    book = rulebook.current().rounds
    minutes = book.own_minutes if held.row.way == Way.OWN else book.changes_minutes
    extend_clock(held, minutes, "The engagement rests.")
    touch(held)
