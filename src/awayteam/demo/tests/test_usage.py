"""Use in the demonstration: as much as is declared, and what is worth finding in it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from awayteam.catalog.models import Entity
from awayteam.demo import usage, world
from awayteam.kernel.actor import SYSTEM
from awayteam.usage import queries
from awayteam.usage.models import Edge, Part

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_four_months_of_use_go_through_the_store(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    there = world.create(NOW.date())
    for name in there.services:
        Entity.objects.create(
            ref=f"component:default/{name}", kind="Component", name=name, sort_name=name, first_seen_at=NOW,
            changed_at=NOW,
        )  # fmt: skip
    made = usage.fill(there, now=NOW)
    assert made == Edge.objects.count() > 1_000
    assert sum(Part.objects.values_list("rows", flat=True)) > 100_000
    unmatched = {one.name for one in queries.names(SYSTEM, now=NOW, unmatched=True, limit=200).items}
    assert {stranger for stranger, _ in usage.STRANGERS} <= unmatched
    assert "basket" not in unmatched
    assert queries.sole(SYSTEM, now=NOW).items
    found = queries.all_daily(84, until=NOW.date())
    grown = found.calls[:, -15:-1].mean(axis=1) / found.calls[:, :14].mean(axis=1)
    assert (grown > 2).sum() >= 1
    assert {one.source: one.sampling for one in queries.behind(NOW)} == {"envoy": 1.0, "otlp": 0.1}
    rows = list(Edge.objects.values_list("pk", "calls"))
    from awayteam.usage.store import summing

    assert summing.summarise(NOW) == 0, "what was published at once is what the files have"
    assert list(Edge.objects.values_list("pk", "calls")) == rows
