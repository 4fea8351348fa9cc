"""Metrics of the organisation, and what designs take of them."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from awayteam.experiments import design as designs
from awayteam.experiments.models import Metric
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import NotFound


def metrics(actor: Actor, *, retired: bool = False) -> Sequence[Metric]:
    """All metrics by key; everybody who is signed in sees them."""
    if actor.kind is ActorKind.ANONYMOUS:
        return []
    rows = Metric.objects.select_related("team").order_by("key")
    return list(rows if retired else rows.filter(retired_at__isnull=True))


def metric(actor: Actor, key: str) -> Metric:
    """One metric by its key. Raises `NotFound`."""
    found = None if actor.kind is ActorKind.ANONYMOUS else Metric.objects.select_related("team").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no metric {key[:63]!r}.", "See the list of metrics.")
    return found


def plain_of(row: Metric) -> dict[str, Any]:
    """The definition as designs carry it."""
    return {one.name: getattr(row, one.name) for one in fields(designs.Metric)}
