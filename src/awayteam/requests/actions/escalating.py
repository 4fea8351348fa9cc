"""Escalation: what only management can decide. One manager, one brief, one clock; each decision says what gives way."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.requests import rules, turns
from awayteam.requests.actions.promising import place, reshuffle_others
from awayteam.requests.actions.timing import note_minutes
from awayteam.requests.actions.values import Change, Plan
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Escalation, Request
from awayteam.requests.stepping import Held, check, enter, facts_of, hold, limits, words_of


def reshuffle(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    plan: Plan,
    changes: Sequence[Change] = (),
    words: str,
    minutes_spent: int | None = None,
    version: int | None = None,
) -> Request:
    """Put it on the home team's roadmap over its refusal. `changes` are items of either team that move or are dropped.

    What is displaced (every item whose end moves) is computed and recorded with the decision; both roadmaps change in
    this one transaction. Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    words = words_of(words)
    with transaction.atomic():
        held, escalation = _decide(request, actor, now, Verb.RESHUFFLE, minutes_spent, version)
        displaced = reshuffle_others(held, changes, words)
        displaced += place(held, plan)
        row = held.request
        row.away_refused, row.decline_reason = False, ""
        assert row.expected_until is not None
        _close(escalation, now, Escalation.Outcome.RESHUFFLED, words, displaced)
        minutes = turns.minutes_until(row.home_team, row.expected_until, now)
        data = {"item": row.item_id, "displaced": displaced}
        enter(held, Verb.RESHUFFLE, State.ACCEPTED, words=words, minutes=minutes, data=data)
    return held.request


def rule_away(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    minutes_spent: int | None = None,
    version: int | None = None,
) -> Request:
    """Decide that an away team may come, whatever the home team said; it can't refuse one any more."""
    words = words_of(words)
    with transaction.atomic():
        held, escalation = _decide(request, actor, now, Verb.RULE_AWAY, minutes_spent, version)
        held.request.away_refused = False
        held.request.lost_refusal_at = held.request.lost_refusal_at or now
        _close(escalation, now, Escalation.Outcome.AWAY, words, [])
        enter(held, Verb.RULE_AWAY, State.AWAY_WELCOME, words=words)
    return held.request


def uphold(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    minutes_spent: int | None = None,
    version: int | None = None,
) -> Request:
    """Decide that the home team needn't do it; this can't be escalated again."""
    words = words_of(words)
    with transaction.atomic():
        held, escalation = _decide(request, actor, now, Verb.UPHOLD, minutes_spent, version)
        held.request.upheld_at = now
        _close(escalation, now, Escalation.Outcome.UPHELD, words, [])
        enter(held, Verb.UPHOLD, State.DECLINED, words=words)
    return held.request


def _decide(
    request: Request | int, actor: Actor, now: datetime, verb: Verb, minutes_spent: int | None, version: int | None
) -> tuple[Held, Escalation]:
    held = hold(request, actor=actor, now=now, version=version)
    check(held, verb)
    escalation = Escalation.objects.select_for_update().filter(request=held.request, decided_at__isnull=True).first()
    if escalation is None:
        raise InvalidInput("There is no open escalation of this request.")
    note_minutes(held, minutes_spent)
    escalation.manager_id = actor.person_id or escalation.manager_id
    return held, escalation


def _close(
    escalation: Escalation, now: datetime, outcome: Escalation.Outcome, words: str, displaced: list[dict[str, object]]
) -> None:
    escalation.decided_at, escalation.outcome, escalation.words = now, outcome, words
    escalation.displaced = displaced
    escalation.save()


def close_unheard(held: Held, outcome: Escalation.Outcome, words: str) -> None:
    """End an open escalation that nobody decides any more: it was withdrawn, or silence decided."""
    for escalation in Escalation.objects.filter(request=held.request, decided_at__isnull=True):
        _close(escalation, held.now, outcome, words, [])


def pass_up(held: Held) -> None:
    """The manager's clock ran out: the next unit's manager has the turn; at the top things stay as they were."""
    row = held.request
    state = State(row.state)
    above = held.standing.manager_after(row.level_id) if row.level_id is not None else None
    at_top = above is None or above.unit is None
    target = rules.target(facts_of(row, at_top=at_top), Verb.EXPIRE, limits())
    if target is state and above is not None:
        row.level = above.unit
        Escalation.objects.filter(request=row, decided_at__isnull=True).update(
            unit=above.unit, manager_id=above.chosen.first, passed_up=_one_more(row)
        )
    elif state is State.ESCALATED:
        row.upheld_at = held.now
        close_unheard(held, Escalation.Outcome.SILENT, "No manager decided in time.")
    else:
        row.fixed_home = True
    enter(held, Verb.EXPIRE, target)


def _one_more(request: Request) -> int:
    found = Escalation.objects.filter(request=request, decided_at__isnull=True).first()
    return found.passed_up + 1 if found else 0


__all__ = ["close_unheard", "pass_up", "reshuffle", "rule_away", "uphold"]
