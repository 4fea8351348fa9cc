"""Amendments: a new text of a contract in force, which replaces it once both sides signed the same hash."""

from collections.abc import Iterable
from datetime import datetime
from typing import Unpack

from django.db import transaction

from awayteam.engagements import contracts, rules, texts, turns
from awayteam.engagements.actions import requesting
from awayteam.engagements.actions.contracting import in_force, sign_text, signing, write
from awayteam.engagements.actions.moving import Holding, hold, move
from awayteam.engagements.actions.opening import ScopeLine, Terms, check_people, check_scope, checked
from awayteam.engagements.actions.signing import complete, end_reason
from awayteam.engagements.machine import SIGNED, ContractState, ContractVerb, State, Verb
from awayteam.engagements.models import Contract, Engagement, Side
from awayteam.engagements.permissions import SIDES, Standing
from awayteam.engagements.plots import CONTRACT
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.stories import stepping
from awayteam.stories.plot import Held
from awayteam.stories.stepping import words_of

PARTIES = {side: party for party, side in SIDES.items()}
KEPT = frozenset({State.HANDING_OVER, State.PRODUCTION})
"""States whose clock an amendment doesn't start anew."""


def amend(
    engagement: Engagement | int, *, actor: Actor, now: datetime, why: str,
    scope: Iterable[ScopeLine] | None = None, version: int | None = None, **terms: Unpack[Terms],
) -> Contract:  # fmt: skip
    """Propose another text for a contract in force, with why; it carries one's own signature and waits for the other.

    What isn't given stays as it is. Raises `NotAllowed`, `InvalidInput` (nothing differs, dates that can't be),
    `Conflict` (no contract in force, another amendment waits).
    """
    why, given = words_of(why, what="why"), checked(terms)
    lines = None if scope is None else check_scope(scope)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        side = _amending(held)
        row = held.row
        check_people(held, given)
        if row.began_at is not None and given.get("starts_on", row.starts_on) != row.starts_on:
            raise InvalidInput("Work has begun; its first day stays.", "", {"starts_on": "work has begun"})
        before = texts.build(row, number=0, why="")
        text = _text(row, given, why, lines, now)
        if not [one for one in contracts.differences(before, text) if one.field != "why"]:
            raise InvalidInput("Nothing would change.", "Say what is different.", {"why": "nothing differs"})
        stepping.touch(held)
        return write(held, text, side=side, why=why)


def _amending(held: Holding) -> Side:
    """The side for which the actor signs an amendment. Raises `Conflict`, `NotAllowed`."""
    row = held.row
    if State(row.state) not in SIGNED:
        raise Conflict(
            f"The engagement is {row.state.replace('-', ' ')}; no contract is in force that could be amended.",
            "A draft is simply changed.",
        )
    if Contract.objects.filter(engagement=row, state=ContractState.SIGNING.value).exists():
        raise Conflict("Another amendment waits for its signature.", "Have it signed, declined or withdrawn first.")
    standing: Standing = held.standing
    side = next((one for one in (Side.AWAY, Side.HOME) if standing.signs(one)), None)
    if side is None:
        standing.signs(Side.AWAY if standing.side(held.actor.person_id) == Side.AWAY else Side.HOME).require()
        raise AssertionError("unreachable: a refusal was required")
    held.party = PARTIES[side]
    return side


def _text(
    row: Engagement, given: dict[str, object], why: str, lines: list[ScopeLine] | None, now: datetime
) -> contracts.ContractText:
    """The text that the amendment proposes; the row itself is left as it was."""
    old = {name: getattr(row, name) for name in given}
    for name, value in given.items():
        setattr(row, name, value)
    if row.starts_on is not None and row.ends_on is not None and row.ends_on < row.starts_on:
        raise InvalidInput("The last day is before the first.", "", {"ends_on": "before the first day"})
    if State(row.state) not in (State.PRODUCTION, State.WARRANTY):
        complete(row, now)
    number = Contract.objects.filter(engagement=row).count() + 1
    scopes = None if lines is None else [(one.repository, one.pattern) for one in lines]
    if scopes == []:
        raise InvalidInput("Nothing could be changed.", "Name at least one path.", {"scope": "name at least one"})
    text = texts.build(row, number=number, why=why, scopes=scopes)
    for name, value in old.items():
        setattr(row, name, value)
    return text


def _hold_both(contract: Contract | int, actor: Actor, now: datetime) -> tuple[Holding, Held[Contract]]:
    """The engagement first, then the text that waits: everybody locks them in this order."""
    found = stepping.look(CONTRACT, _load(contract, actor, now), actor=actor, now=now).row
    held = hold(found.engagement_id, actor=actor, now=now)
    if found.state != ContractState.SIGNING.value:
        raise Conflict(f"This text is {found.state.replace('-', ' ')}; nobody signs it any more.")
    if State(held.row.state) not in SIGNED:
        raise Conflict("That is the first text of the contract, and no amendment.", "Sign or decline the engagement.")
    return held, signing(held.row, actor=actor, now=now)


def _load(contract: Contract | int, actor: Actor, now: datetime) -> Contract:
    from awayteam.kernel.errors import NotFound

    pk = contract if isinstance(contract, int) else contract.pk
    found = CONTRACT.visible(actor, Contract.objects.filter(pk=pk), now).first()
    if found is None:
        raise NotFound(f"There is no contract {pk}.", "Look at the engagement.")
    return found


def sign_amendment(
    contract: Contract | int, *, actor: Actor, now: datetime, sha256: str, words: str = ""
) -> Engagement:
    """Sign an amendment's text with this hash as the second side: it is the contract from now on.

    Raises `NotAllowed`, `Conflict` (another hash, with the differences; or its last day is past).
    """
    with transaction.atomic():
        held, waiting = _hold_both(contract, actor, now)
        stepping.check(waiting, ContractVerb.SIGN)
        held.party = waiting.party
        text = sign_text(held, waiting, sha256)
        row, today = held.row, turns.today(held.row.away_team, now)
        if text.ends_on < today and State(row.state) not in (State.PRODUCTION, State.WARRANTY):
            raise Conflict(f"Its last day {text.ends_on} is past.", "Withdraw the amendment, and propose another one.")
        minutes = turns.minutes_left(row, now) if State(row.state) in KEPT else None
        changes = in_force(held, waiting, text)
        state = rules.after_amendment(State(row.state), text.starts_on, today)
        if state is State.ACTIVE and row.began_at is None:
            row.began_at = now
        data = {"contract": waiting.row.pk, "number": waiting.row.number, "sha256": waiting.row.sha256,
                "terms": changes}  # fmt: skip
        move(held, Verb.AMEND, state, words=words.strip() or waiting.row.why, minutes=minutes, data=data)
        requesting.prolong(held)
    return row


def decline_amendment(
    contract: Contract | int, *, actor: Actor, now: datetime, words: str, reason: str = ""
) -> Contract:
    """Say as the other side that one doesn't sign, and why; what was in force stays."""
    words = words_of(words)
    reason = end_reason(reason) if reason else ""
    with transaction.atomic():
        _held, waiting = _hold_both(contract, actor, now)
        stepping.check(waiting, ContractVerb.DECLINE)
        text = f"{actor.label} doesn't sign {CONTRACT.label(waiting.row)}: {words}"
        stepping.enter(waiting, ContractVerb.DECLINE, ContractState.DECLINED, words=words, reason_code=reason,
                       text=text[:1000])  # fmt: skip
    return waiting.row


def withdraw_amendment(contract: Contract | int, *, actor: Actor, now: datetime, words: str) -> Contract:
    """Take an amendment back, as the side that proposed it."""
    words = words_of(words)
    with transaction.atomic():
        _held, waiting = _hold_both(contract, actor, now)
        stepping.check(waiting, ContractVerb.WITHDRAW)
        stepping.enter(waiting, ContractVerb.WITHDRAW, ContractState.WITHDRAWN, words=words)
    return waiting.row
