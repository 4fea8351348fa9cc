"""Which units stood above a team at a time: today's parents are noted at each look, so that credit stays in place."""

from collections import defaultdict
from datetime import datetime

from awayteam.credit.models import UnitAbove
from awayteam.credit.rules import Stay, Units
from awayteam.organisation.models import Team


def note_units(now: datetime) -> int:
    """Note parents that changed since the last look; returns how many. What was never looked at has always been so."""
    today = dict(Team.objects.filter(parent__isnull=False).values_list("pk", "parent_id"))
    open_rows = {row.team_id: row for row in UnitAbove.objects.filter(ends__isnull=True)}
    known = set(UnitAbove.objects.values_list("team_id", flat=True))
    ended = [row for team, row in open_rows.items() if today.get(team) != row.unit_id]
    for row in ended:
        row.ends = max(now, row.starts) if row.starts else now
    UnitAbove.objects.bulk_update(ended, ["ends"])
    left = {row.team_id for row in ended}
    new = [
        UnitAbove(team_id=team, unit_id=unit, starts=now if team in known else None)
        for team, unit in sorted(today.items())
        if team not in open_rows or team in left
    ]
    UnitAbove.objects.bulk_create(new)
    return len(ended) + len(new)


def units() -> Units:
    """All that was noted; one statement."""
    rows: dict[int, list[Stay]] = defaultdict(list)
    columns = ("team_id", "unit_id", "starts", "ends")
    for team, unit, starts, ends in UnitAbove.objects.order_by("pk").values_list(*columns):
        rows[team].append(Stay(unit, starts, ends))
    return Units(rows)
