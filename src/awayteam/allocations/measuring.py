"""What holders of allocations used of them in the newest week, as the last look measured it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Q

from awayteam.allocations.models import Allocation, Measured


def holding(day: date) -> Q:
    """Grants that hold on `day`."""
    return Q(granted__isnull=False, starts__lte=day, last_day__gte=day)


def used(rows: Iterable[Allocation], day: date) -> Mapping[int, float]:
    """Calls a day that each allocation's consumer used, by its id; two statements however many there are.

    A team's allocation is used by all its services that have none of their own.
    """
    some = list(rows)
    providers = {row.provider_id for row in some}
    measured = Measured.objects.filter(provider__in=providers, consumer__isnull=False)
    week: dict[tuple[int, int], float] = {}
    of_team: dict[tuple[int, int], list[int]] = defaultdict(list)
    for provider, consumer, team, calls in measured.values_list(
        "provider", "consumer", "consumer__owner__team", "week"
    ):
        assert consumer is not None
        week[provider, consumer] = calls
        if team is not None:
            of_team[provider, team].append(consumer)
    own: set[tuple[int, int | None]] = set()
    if any(row.team_id is not None for row in some):
        grants = Allocation.objects.filter(holding(day), provider__in=providers, consumer__isnull=False)
        own = set(grants.values_list("provider", "consumer"))
    return {row.pk: _of(row, week, of_team, own) for row in some}


def _of(
    row: Allocation,
    week: Mapping[tuple[int, int], float],
    of_team: Mapping[tuple[int, int], list[int]],
    own: set[tuple[int, int | None]],
) -> float:
    if row.consumer_id is not None:
        return week.get((row.provider_id, row.consumer_id), 0.0)
    if row.team_id is None:
        return 0.0
    services = of_team.get((row.provider_id, row.team_id), ())
    return sum(week[row.provider_id, one] for one in services if (row.provider_id, one) not in own)
