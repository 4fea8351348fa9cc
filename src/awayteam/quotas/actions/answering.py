"""Answering a spike: its ready limit into shadow, the limit enforced, or "planned" with a reason."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.quotas.actions.noting import KIND
from awayteam.quotas.actions.setting import enforce, set_limit
from awayteam.quotas.models import Limit, Spike
from awayteam.quotas.permissions import can_limit, visible_spikes
from awayteam.quotas.rules import Origin, SpikeState, State, Unit
from awayteam.stories.stepping import words_of


def shadow_spike(spike: Spike | int, *, actor: Actor, now: datetime, reason: str = "") -> Spike:
    """Set the ready limit in shadow. Raises `NotFound`, `NotAllowed`, `Conflict` (answered, or limited already)."""
    with transaction.atomic():
        row = _held(spike, actor, now, SpikeState.OPEN)
        said = reason.strip() or _says(row)
        rate = (row.requests, Unit(row.unit), row.burst)
        known = Limit.objects.filter(api=row.api, consumer=row.consumer, operation="").first()
        if known is not None and known.state != State.OFF.value:
            raise Conflict(f"There is a limit {known.state} already.", "Change or enforce that one on its page.")
        row.limit = set_limit(
            row.api, row.consumer, "", rate, actor=actor, now=now, reason=said, origin=Origin.SPIKE
        )  # fmt: skip
        _answered(row, SpikeState.SHADOW, said, actor, now)
    return row


def enforce_spike(spike: Spike | int, *, actor: Actor, now: datetime, reason: str = "") -> Spike:
    """Enforce the limit that stands in shadow for it. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        row = _held(spike, actor, now, SpikeState.SHADOW)
        if row.limit is None:
            raise Conflict("The limit is gone.", "Set one by hand.")
        said = reason.strip() or _says(row)
        enforce(row.limit, actor=actor, now=now, reason=said)
        _answered(row, SpikeState.ENFORCED, said, actor, now)
    return row


def answer_spike(spike: Spike | int, *, actor: Actor, now: datetime, reason: str) -> Spike:
    """The growth is planned: no limit, for a reason that stays. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    with transaction.atomic():
        row = _held(spike, actor, now, SpikeState.OPEN)
        said = words_of(reason, what="reason")
        _answered(row, SpikeState.PLANNED, said, actor, now)
    return row


def _held(spike: Spike | int, actor: Actor, now: datetime, state: SpikeState) -> Spike:
    pk = spike if isinstance(spike, int) else spike.pk
    rows = visible_spikes(actor, Spike.objects.filter(pk=pk), now).select_related("api__owner", "consumer__owner")
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotFound(f"There is no spike {pk}.", "Look at the list.")
    can_limit(actor, row.api, now).require()
    if row.state != state.value:
        raise Conflict(f"This spike is {row.state}.", "Look at its page for what can be done now.")
    return row


def _says(row: Spike) -> str:
    return f"{row.calls:,} calls in an hour, usually {row.usual:,.0f}."


def _answered(row: Spike, state: SpikeState, said: str, actor: Actor, now: datetime) -> None:
    old, row.state = row.state, state.value
    row.answer, row.answered_by_id, row.answered_at = said, actor.person_id, now
    row.save()
    subject = Subject(KIND, row.pk, f"{row.consumer} on {row.api}"[:300])
    events.append(
        EventName.SPIKE_ANSWERED,
        subject=subject,
        actor=actor,
        now=now,
        reason=said,
        changes={"state": (old, row.state)},
    )
