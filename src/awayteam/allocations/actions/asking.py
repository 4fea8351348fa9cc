"""Asking for an allocation: a service or a team, of a provider, a rate, a period, and why."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from awayteam.allocations.actions.budgets import recount, require_provider
from awayteam.allocations.machine import WAITING, GrowthState, GrowthVerb, Party, State, Verb
from awayteam.allocations.models import Allocation, Growth
from awayteam.allocations.permissions import can_ask
from awayteam.allocations.plots import ALLOCATION, GROWTH, today
from awayteam.allocations.rules import MOST_TEXT, Effect, Period, Rate, answer_wrong, effect, wrong_period, wrong_rate
from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.organisation.models import Team
from awayteam.stories import stepping
from awayteam.stories.stepping import begin, check, hold


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: `consumer` is a service, None where `team` as a whole shall have it."""

    provider: Entity
    team: Team
    rate: Rate
    period: Period
    why: str
    consumer: Entity | None = None


def owner_of(entity: Entity) -> Team | None:
    """The team that answers for an entity; None where nobody or a person does."""
    return entity.owner.team if entity.owner is not None else None


def of_pair(provider: int, consumer: int | None, team: int | None) -> "QuerySet[Allocation]":
    """All allocations of one consumer at one provider."""
    mine = Q(consumer=consumer) if consumer is not None else Q(consumer__isnull=True, team=team)
    return Allocation.objects.filter(mine, provider=provider)


def ask(wanted: Wanted, *, actor: Actor, now: datetime, growth: Growth | int | None = None) -> Allocation:
    """Ask the provider's team for an allocation; its decider gets the turn. `growth` is a finding that this answers.

    Where the consumer has a grant in those days this amends it once it is granted; where it begins after it, it renews
    it. Raises `NotAllowed`, `InvalidInput` with the fields, `Conflict` (a request of this consumer waits already).
    """
    can_ask(actor, wanted.team).require()
    book, day = rulebook.current().allocations, today(wanted.team, now)
    home = owner_of(wanted.provider)
    wrong = _wrong(wanted, home) | wrong_rate(wanted.rate) | wrong_period(wanted.period, day, book.days_max)
    if wrong:
        text = "; ".join(f"{name} {problem}" for name, problem in wrong.items())
        raise InvalidInput(f"This can't be asked: {text}.", "Mend these.", wrong)
    require_provider(wanted.provider)
    assert home is not None
    try:
        with transaction.atomic():
            row = _make(wanted, home, actor, now)
            if growth is not None:
                _answer(growth, row, actor=actor, now=now)
            recount([row.provider_id], now=now)
    except IntegrityError:
        raise Conflict(
            f"{wanted.consumer or wanted.team} has a request at {wanted.provider} that waits already.",
            "Withdraw that one first, or wait for its answer.",
        ) from None
    return row


def _make(wanted: Wanted, home: Team, actor: Actor, now: datetime) -> Allocation:
    team = wanted.team if wanted.consumer is None else None
    others = of_pair(wanted.provider.pk, wanted.consumer.pk if wanted.consumer else None, team.pk if team else None)
    if others.filter(state__in=[one.value for one in WAITING]).exists():
        raise IntegrityError("waits already")
    row = Allocation(
        provider=wanted.provider, consumer=wanted.consumer, team=team, home_team=home, asking_team=wanted.team,
        asked_by_id=actor.person_id, rate=wanted.rate.calls, per=wanted.rate.per.value, starts=wanted.period.starts,
        ends=wanted.period.ends, why=wanted.why.strip(), state=State.ASKED.value,
        replaces=_replaced(others, wanted.period),
    )  # fmt: skip
    data = {
        "provider": wanted.provider.ref, "consumer": wanted.consumer.ref if wanted.consumer else wanted.team.ref,
        "rate": row.rate, "per": row.per, "starts": row.starts.isoformat(), "ends": row.ends.isoformat(),
    }  # fmt: skip
    begin(ALLOCATION, row, Verb.ASK, actor=actor, now=now, party=Party.ASKER.value, words=row.why, data=data)
    return row


def _replaced(others: "QuerySet[Allocation]", period: Period) -> Allocation | None:
    """The grant that a new one would amend or renew."""
    for row in others.filter(state=State.GRANTED.value).order_by("-starts"):
        if effect(Period(row.starts, row.last_day or row.ends), period) is not Effect.NONE:
            return row
    return None


def _wrong(wanted: Wanted, home: Team | None) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not wanted.why.strip():
        wrong["why"] = "is needed: what is it for?"
    elif len(wanted.why) > MOST_TEXT or "\0" in wanted.why:
        wrong["why"] = f"has {MOST_TEXT:,} characters at most"
    if home is None:
        wrong["provider"] = "has no team that could answer; give it an owner first"
    if wanted.team.is_unit:
        wrong["team"] = "is a unit; ask in the name of a team"
    elif wanted.team.dissolved_at is not None:
        wrong["team"] = "is dissolved"
    consumer = wanted.consumer
    if consumer is not None and consumer.pk == wanted.provider.pk:
        wrong["consumer"] = "is the provider itself"
    elif consumer is not None and owner_of(consumer) != wanted.team:
        wrong["consumer"] = f"is not owned by {wanted.team}"
    if consumer is None and home is not None and home.pk == wanted.team.pk:
        wrong["team"] = "owns the provider; name the service that uses it"
    return wrong


def _answer(growth: Growth | int, row: Allocation, *, actor: Actor, now: datetime) -> None:
    """The request is the answer to a finding: it holds until the provider's team had time to decide, twice over."""
    held = hold(GROWTH, growth, actor=actor, now=now)
    check(held, GrowthVerb.ASK_MORE)
    if held.row.provider_id != row.provider_id or (row.consumer_id or held.row.consumer_id) != held.row.consumer_id:
        what = "That finding is about another use."
        raise InvalidInput(what, "Ask for the consumer and provider that it names.", {"growth": what})
    day = today(held.row.consumer_team, now)
    until = max(day + timedelta(days=30), row.starts)
    if wrong := answer_wrong(until, day, rulebook.current().allocations.answer_days_max):
        raise InvalidInput("The allocation begins too late to be an answer.", "Answer with a plan.", wrong)
    finding = held.row
    finding.until, finding.reason, finding.allocation = until, row.why, row
    finding.answered, finding.answered_by_id = finding.level, actor.person_id
    data = {"answer": "ask-more", "allocation": row.pk, "until": until.isoformat()}
    stepping.enter(held, GrowthVerb.ASK_MORE, GrowthState.ASKING, words=row.why[:2000], data=data)


def renewal_of(row: Allocation, days: int) -> Period:
    """The period that follows a grant."""
    first: date = (row.last_day or row.ends) + timedelta(days=1)
    return Period(first, first + timedelta(days=days - 1))
