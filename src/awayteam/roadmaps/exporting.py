"""Writes items in the form that `reading` reads."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team
from awayteam.roadmaps.choices import ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Dependency, Item
from awayteam.roadmaps.permissions import visible

COLUMNS = (
    "key", "team", "title", "kind", "description", "effort_low", "effort", "effort_high", "value_per_week", "goal",
    "rank", "state", "promised_on", "started_at", "done_at", "real_effort", "needs",
)  # fmt: skip


def rows(actor: Actor, *, team: Team | None = None, closed: bool = False) -> Iterator[dict[str, Any]]:
    """The items (only open ones unless `closed`) by team and rank.."""
    items = visible(actor, Item.objects.select_related("team", "goal"))
    if team is not None:
        items = items.filter(team=team)
    if not closed:
        items = items.filter(state__in=OPEN)
    keys = dict(Item.objects.filter(external_key__isnull=False).values_list("pk", "external_key"))
    needs: dict[int, list[str]] = defaultdict(list)
    for item, need in Dependency.objects.order_by("pk").values_list("item_id", "needs_id"):
        needs[item].append(keys.get(need) or f"#{need}")
    for row in items.order_by("team__ref", "rank", "pk").iterator(chunk_size=2_000):
        ended = row.done_at if row.state == ItemState.DONE else row.dropped_at
        yield {
            "key": row.external_key or "",
            "team": row.team.ref,
            "title": row.title,
            "kind": row.kind,
            "description": row.description,
            "effort_low": str(row.effort_low),
            "effort": str(row.effort_likely),
            "effort_high": str(row.effort_high),
            "value_per_week": str(row.value_per_week),
            "goal": f"#{row.goal_id}" if row.goal_id else "",
            "rank": "" if row.rank is None else row.rank,
            "state": row.state,
            "promised_on": row.promised_on.isoformat() if row.promised_on else "",
            "started_at": row.started_at.isoformat() if row.started_at else "",
            "done_at": ended.isoformat() if ended else "",
            "real_effort": "" if row.real_effort is None else str(row.real_effort),
            "needs": " ".join(needs.get(row.pk, ())),
        }


def write_csv(file: TextIO, items: Iterable[dict[str, Any]]) -> None:
    """The items as CSV with a head."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(items)
