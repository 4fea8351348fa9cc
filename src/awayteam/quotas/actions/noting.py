"""Finding consumers that ask far more than usual, and telling the provider, with a limit that only needs a click."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse

from awayteam.catalog.models import Entity
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated
from awayteam.quotas import past, rules
from awayteam.quotas.models import Spike

KIND = "spike"
ASIDE_HOURS = 24
"""Hours for which a consumer that was answered isn't told of again."""


def find_spikes(now: datetime) -> int:
    """Note every consumer whose last whole hour is a spike; returns how many are new."""
    hour = past.hour_of(now) - 1
    book = rulebook.current().quotas
    found = 0
    for api, consumers in past.busy(hour, calls_min=book.spike_calls_min):
        series = past.hourly(api, since=hour - book.spike_days * 24, until=hour + 1, consumers=consumers)
        found += sum(_look(api, pk, counts, hour, now) for pk, counts in series.items())
    return found


def _look(api: Entity, consumer: int, counts: Mapping[int, float], hour: int, now: datetime) -> int:
    book = rulebook.current().quotas
    seen = rules.spike(
        counts, hour=hour, days=book.spike_days, factor=book.spike_factor, calls_min=book.spike_calls_min
    )
    if seen is None:
        return 0
    lately = Spike.objects.filter(api=api, consumer=consumer, found_at__gt=now - timedelta(hours=ASIDE_HOURS))
    if lately.exists() or Spike.objects.filter(api=api, consumer=consumer, state="open").exists():
        return 0
    ready = rules.ready_limit(counts, hour=hour, room=book.spike_room, burst_seconds=book.burst_seconds)
    return note(api, Entity.objects.select_related("owner").get(pk=consumer), seen, ready, now)


def note(api: Entity, consumer: Entity, seen: rules.Spiked, ready: rules.Rate, now: datetime) -> int:
    """Keep a spike and tell the leads of the provider, and the consumer's team; 0 where one is open already."""
    try:
        with transaction.atomic():
            row = Spike.objects.create(
                api=api, consumer=consumer, hour=seen.hour, calls=seen.calls, usual=seen.usual,
                requests=ready.requests, unit=ready.unit.value, burst=ready.burst, found_at=now,
            )  # fmt: skip
            subject = Subject(KIND, row.pk, f"{consumer} on {api}"[:300])
            data = {"api": api.ref, "consumer": consumer.ref, "calls": seen.calls, "usual": seen.usual}
            events.append(EventName.SPIKE_FOUND, subject=subject, actor=SYSTEM, now=now, data=data)
            _tell(row, subject, now)
    except IntegrityError:
        return 0
    return 1


def _tell(row: Spike, subject: Subject, now: datetime) -> None:
    text = f"{row.consumer} asked {row.calls:,} times of {row.api} in an hour, usually {row.usual:,.0f}."
    owner = row.consumer.owner
    teams = [owner.team_id] if owner is not None and owner.team_id is not None else []
    tell(
        now=now, subject=subject, event=EventName.SPIKE_FOUND, text=f"{text} A limit is ready.",
        address=reverse("quota_spike", args=[row.pk]), persons=leads(row.api, now), teams=teams, urgent=True,
        group=Group.TURN, key=f"spike-{row.pk}",
    )  # fmt: skip


def leads(api: Entity, now: datetime) -> list[int]:
    """The leads of the team that provides an API; where it has none, its members."""
    team = api.owner.team_id if api.owner is not None else None
    if team is None:
        return []
    rows = Membership.objects.filter(dated(now), team_id=team, person__left_at__isnull=True)
    named: Iterable[int] = rows.filter(role="lead").values_list("person_id", flat=True)
    return sorted(set(named) or set(rows.values_list("person_id", flat=True)))
