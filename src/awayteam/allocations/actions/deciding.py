"""Granting, declining, and letting go."""

from datetime import datetime, timedelta

from django.db import transaction

from awayteam.allocations.actions.asking import of_pair
from awayteam.allocations.actions.budgets import budget_of, recount
from awayteam.allocations.machine import Party, State, Verb
from awayteam.allocations.models import Allocation
from awayteam.allocations.plots import ALLOCATION, today
from awayteam.allocations.rules import (
    Effect,
    Grant,
    Per,
    Period,
    Rate,
    effect,
    last_day,
    most_granted,
    needs_reason,
    wrong_rate,
)
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.stories.plot import Held
from awayteam.stories.stepping import check, enter, hold, words_of


def grant(
    row: Allocation | int,
    *,
    actor: Actor,
    now: datetime,
    rate: int | None = None,
    words: str = "",
    version: int | None = None,
) -> Allocation:
    """Grant what was asked, or `rate` of it (calls a `per` of the request). For whoever decides for the provider.

    Less than asked, or more than the provider can serve, needs a reason. Raises `NotFound`, `NotAllowed`,
    `InvalidInput`, `Conflict`.
    """
    with transaction.atomic():
        held = hold(ALLOCATION, row, actor=actor, now=now, version=version)
        check(held, Verb.GRANT)
        found = held.row
        asked, given = Rate(found.rate, Per(found.per)), Rate(found.rate if rate is None else rate, Per(found.per))
        if wrong := wrong_rate(given) or _more(asked, given):
            raise InvalidInput("This rate can't be granted.", "Grant what was asked, or less.", wrong)
        if found.ends < today(found.asking_team, now):
            raise Conflict("The days that were asked are over.", "Decline it; they can ask anew.")
        found.granted, found.daily, found.decided_by_id = given.calls, given.daily, actor.person_id
        found.last_day, found.reason = found.ends, words_of(words) if words.strip() else ""
        supersede(held)
        reason = needs_reason(asked, given, capacity=budget_of(found.provider_id).capacity, given=_given(found))
        if reason and not found.reason:
            raise InvalidInput(f"{reason}: say why.", "It stands in the story, for both teams.", {"words": "say why"})
        data = {"granted": given.calls, "per": found.per, "asked": asked.calls}
        text = f"{found.provider} grants {found.consumer or found.team} {given} from {found.starts:%-d %B %Y}."
        enter(held, Verb.GRANT, State.GRANTED, words=found.reason, data=data, text=text, persons=_asker(found))
        recount([found.provider_id], now=now)
    return found


def _more(asked: Rate, given: Rate) -> dict[str, str]:
    return {"rate": f"is more than the {asked} that were asked"} if given.calls > asked.calls else {}


def _asker(row: Allocation) -> list[int]:
    return [row.asked_by_id] if row.asked_by_id is not None else []


def _given(row: Allocation) -> int:
    """The most calls a day that others hold at the provider on any day of the request."""
    period = Period(row.starts, row.ends)
    near = Allocation.objects.filter(provider=row.provider_id, starts__lte=row.ends, last_day__gte=row.starts)
    own = of_pair(row.provider_id, row.consumer_id, row.team_id).values("pk")
    rows = near.exclude(pk__in=own).values_list("daily", "starts", "last_day")
    held = (Grant(daily, Period(starts, last)) for daily, starts, last in rows if last is not None)
    return most_granted(held, period)


def supersede(held: Held[Allocation]) -> None:
    """End other grants of the same consumer where this one begins; two never hold on one day. In a transaction."""
    row, new = held.row, Period(held.row.starts, held.row.ends)
    others = of_pair(row.provider_id, row.consumer_id, row.team_id).filter(granted__isnull=False).exclude(pk=row.pk)
    meeting = others.filter(last_day__gte=row.starts, starts__lte=row.ends)
    for pk in list(meeting.order_by("pk").values_list("pk", flat=True)):
        _amend(held, pk, new)
    if row.replaces_id is not None:
        _renew(held, row.replaces_id, new)


def _other(held: Held[Allocation], pk: int) -> Held[Allocation]:
    other = hold(ALLOCATION, pk, actor=held.actor, now=held.now)
    other.party = Party.AWAYTEAM.value
    return other


def _amend(held: Held[Allocation], pk: int, new: Period) -> None:
    other = _other(held, pk)
    row = other.row
    row.last_day = last_day(Period(row.starts, row.last_day or row.ends), new)
    if row.state == State.GRANTED:
        words = f"Another holds from {new.starts:%-d %B %Y} on."
        enter(other, Verb.AMEND, State.AMENDED, words=words, data={"by": held.row.pk})
    else:
        row.save(update_fields=["last_day"])


def _renew(held: Held[Allocation], pk: int, new: Period) -> None:
    other = _other(held, pk)
    earlier = Period(other.row.starts, other.row.last_day or other.row.ends)
    if other.row.state == State.GRANTED and effect(earlier, new) is Effect.RENEWS:
        words = f"Renewed from {new.starts:%-d %B %Y} on."
        enter(other, Verb.RENEW, State.RENEWED, words=words, data={"by": held.row.pk})


def decline(
    row: Allocation | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Allocation:
    """Say no, with a reason. Raises `NotFound`, `NotAllowed`, `InvalidInput` (no reason), `Conflict`."""
    said = words_of(words)
    with transaction.atomic():
        held = hold(ALLOCATION, row, actor=actor, now=now, version=version)
        check(held, Verb.DECLINE)
        held.row.reason, held.row.decided_by_id = said, actor.person_id
        enter(held, Verb.DECLINE, State.DECLINED, words=said, persons=_asker(held.row))
        recount([held.row.provider_id], now=now)
    return held.row


def withdraw(
    row: Allocation | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Allocation:
    """Take a request back, or give a grant back from tomorrow on. For the team that asked. Raises as `decline`."""
    said = words_of(words)
    with transaction.atomic():
        held = hold(ALLOCATION, row, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        found = held.row
        if found.last_day is not None:
            day = today(found.asking_team, now)
            found.last_day = min(found.last_day, day if found.starts <= day else found.starts - timedelta(days=1))
        enter(held, Verb.WITHDRAW, State.WITHDRAWN, words=said)
        recount([found.provider_id], now=now)
    return found
