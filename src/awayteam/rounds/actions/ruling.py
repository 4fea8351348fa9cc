"""A bar raiser rules on a demand beyond the frozen standards."""

from datetime import datetime

from django.db import transaction

from awayteam.engagements.actions import extend_by_ruling
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.rounds import trips
from awayteam.rounds.actions.opening import again
from awayteam.rounds.machine import State, Verb
from awayteam.rounds.models import Remark, RemarkKind, Round, Ruling
from awayteam.rounds.plots import ROUND
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of

MOST_DAYS = 260


def grant(
    round: Round | int, *, actor: Actor, now: datetime, words: str, days: int, version: int | None = None
) -> Round:
    """Say that the demand is owed; the time-box grows by `days` working days. Raises `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.GRANT)
        said = words_of(words)
        if not 1 <= days <= MOST_DAYS:
            wrong = {"days": f"1 to {MOST_DAYS} working days"}
            raise InvalidInput("Say what the demand takes.", "The time-box grows by it.", wrong)
        _rule(held, Ruling.GRANTED, said)
        data = {"engagement": held.row.engagement_id, "days": days}
        enter(held, Verb.GRANT, State.CHANGES, words=said, data=data, persons=_both(held.row))
        extend_by_ruling(
            held.row.engagement, days=days, why=f"A demand beyond the frozen standards was granted: {said}",
            subject=held.subject, actor=actor, now=now,
        )  # fmt: skip
    return held.row


def refuse(round: Round | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Round:
    """Say that the demand isn't owed: it becomes advice, and the reviewer answers. Raises `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        held = hold(ROUND, round, actor=actor, now=now, version=version)
        check(held, Verb.REFUSE)
        dismiss(held, Verb.REFUSE, words_of(words))
    return held.row


def dismiss(held: Held[Round], verb: Verb, words: str) -> None:
    """The demand becomes advice, by a ruling or by the bar raiser's silence; the round waits for its answer again."""
    _rule(held, Ruling.REFUSED, words)
    row = held.row
    enter(held, verb, again(held), words=words, data={"engagement": row.engagement_id}, persons=_both(row))
    trips.begin(held)


def _rule(held: Held[Round], ruling: Ruling, words: str) -> None:
    rows = Remark.objects.filter(round=held.row, kind=RemarkKind.DEMAND, ruling="")
    kind = RemarkKind.DEMAND if ruling is Ruling.GRANTED else RemarkKind.ADVICE
    rows.update(
        kind=kind, ruling=ruling, ruled_by_id=held.actor.person_id, ruled_at=held.now, ruling_words=words[:20_000]
    )


def _both(row: Round) -> list[int]:
    return [one for one in (row.opened_by_id, row.reviewer_id) if one is not None]
