"""How an engagement moves: the story's step, and in the same transaction the access that follows from the state."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from awayteam.engagements import turns
from awayteam.engagements.machine import FINAL, GRANTING, ContractState, ContractVerb, Party, State, Verb
from awayteam.engagements.models import Contract, Engagement, EngagementStep, Granting
from awayteam.engagements.plots import CONTRACT, ENGAGEMENT
from awayteam.engagements.sentences import sentence
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict
from awayteam.stories import stepping
from awayteam.stories.plot import Held

Holding = Held[Engagement]


def hold(engagement: Engagement | int, *, actor: Actor, now: datetime, version: int | None = None) -> Holding:
    """Lock an engagement that the actor may see. Raises `NotFound`, `Conflict` (another version)."""
    return stepping.hold(ENGAGEMENT, engagement, actor=actor, now=now, version=version)


def by_awayteam(held: Holding, verb: Verb) -> None:
    """Let something that was decided elsewhere act here, whoever decided it. Raises `Conflict` by state and history."""
    if why := ENGAGEMENT.why_not(held, verb):
        raise Conflict(why, "Look at it again; what can be done now stands there.")
    held.party = Party.AWAYTEAM


def move(
    held: Holding, verb: Verb, state: State, *, words: str = "", reason_code: str = "", minutes: int | None = None,
    data: Mapping[str, Any] | None = None, persons: Iterable[int] = (), urgent: bool = False,
) -> EngagementStep:  # fmt: skip
    """Bring a held engagement into `state`: step, turn, clock, event and messages, and access with them.

    A contract that still waits for a signature ends with its engagement.
    """
    close_access(held, state)
    if state in FINAL:
        end_contracts(held, words)
    text = sentence(held, verb, state)
    told = {"home_team": held.row.home_team_id, "away_team": held.row.away_team_id, **(data or {})}
    step = stepping.enter(
        held, verb, state, words=words, reason_code=reason_code, minutes=minutes, data=told, text=text,
        persons=persons, urgent=urgent,
    )  # fmt: skip
    open_access(held)
    assert isinstance(step, EngagementStep)
    return step


def close_access(held: Holding, state: State) -> None:
    """End the open interval of access where `state` grants none; never later than it would have ended by itself."""
    if state in GRANTING:
        return
    for granting in Granting.objects.filter(engagement=held.row, ends_at__isnull=True):
        granting.ends_at = max(min(held.now, granting.latest_at), granting.starts_at)
        granting.save(update_fields=["ends_at"])


def open_access(held: Holding) -> None:
    """Begin an interval of access where the state grants it and none is open; its end moves with the clock.

    It ends with the last day of the time-box, whatever the state: a handover may take longer, and is written without
    access, and so does what begins or goes on after that day. An interval that is over already stays as it was, and
    where the time-box grew another one begins.
    """
    row = held.row
    if State(row.state) not in GRANTING or row.due_at is None:
        return
    latest = row.due_at
    if row.ends_on is not None:
        latest = min(latest, turns.end_of(row.ends_on, row.away_team))
    found = Granting.objects.filter(engagement=row, ends_at__isnull=True).first()
    if found is not None and found.latest_at <= held.now < latest:
        found.ends_at = max(found.latest_at, found.starts_at)
        found.save(update_fields=["ends_at"])
        found = None
    if found is None:
        if latest > held.now:
            Granting.objects.create(engagement=row, starts_at=held.now, latest_at=latest)
    elif found.latest_at > held.now:
        found.latest_at = latest
        found.save(update_fields=["latest_at"])


def end_contracts(held: Holding, words: str, *, lapsed: bool = False) -> None:
    """Withdraw what still waits for a signature, or let it lapse; the engagement is held already."""
    for pk in Contract.objects.filter(engagement=held.row, state=ContractState.SIGNING.value).values_list("pk"):
        contract = stepping.hold(CONTRACT, pk[0], actor=SYSTEM, now=held.now)
        contract.party = Party.AWAYTEAM
        verb, state = (
            (ContractVerb.EXPIRE, ContractState.LAPSED) if lapsed else (ContractVerb.WITHDRAW, ContractState.WITHDRAWN)
        )
        stepping.enter(contract, verb, state, words=words)
