"""The answers of a team whose use grows: it is planned, or it is being fixed. Asking for more is `asking.ask`."""

from datetime import date, datetime

from django.db import transaction

from awayteam.allocations.machine import GrowthState, GrowthVerb
from awayteam.allocations.models import Growth
from awayteam.allocations.plots import GROWTH, today
from awayteam.allocations.rules import answer_wrong
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.stories.stepping import check, enter, hold, words_of


def plan(
    row: Growth | int, *, actor: Actor, now: datetime, words: str, until: date | None, version: int | None = None
) -> Growth:
    """Say that the growth is planned: why, and until when; it isn't asked again before that, unless it grows further.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    return _answer(row, GrowthVerb.PLAN, GrowthState.PLANNED, actor, now, words, until, version)


def fix(
    row: Growth | int, *, actor: Actor, now: datetime, words: str, until: date | None, version: int | None = None
) -> Growth:
    """Say that the growth isn't wanted: what is done about it, and by when. Raises as `plan`."""
    return _answer(row, GrowthVerb.FIX, GrowthState.FIXING, actor, now, words, until, version)


def _answer(
    row: Growth | int, verb: GrowthVerb, state: GrowthState, actor: Actor, now: datetime, words: str,
    until: date | None, version: int | None,
) -> Growth:  # fmt: skip
    said = words_of(words)
    with transaction.atomic():
        held = hold(GROWTH, row, actor=actor, now=now, version=version)
        check(held, verb)
        found, day = held.row, today(held.row.consumer_team or held.row.home_team, now)
        if wrong := answer_wrong(until, day, rulebook.current().allocations.answer_days_max):
            raise InvalidInput("This answer can't be used.", "Say until when it holds.", wrong)
        assert until is not None
        found.until, found.reason, found.allocation = until, said, None
        found.answered, found.answered_by_id = found.level, actor.person_id
        data = {"answer": verb.value, "until": until.isoformat(), "level": found.level}
        enter(held, verb, state, words=said, data=data)
    return found
