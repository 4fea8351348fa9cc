"""Adding up what proxies counted, per limit and hour."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from awayteam.quotas.models import Count, Limit


@dataclass(slots=True)
class Tally:
    """Requests under a limit: let through within it, let through over it (shadow), and refused."""

    allowed: int = 0
    over: int = 0
    denied: int = 0


def add_counts(tallies: Mapping[tuple[int, int], Tally]) -> int:
    """Add counts by (number of the limit, hour since 1970); those of limits that are gone are left out.

    Call it in the transaction that notes what was read. Returns how many rows it added to.
    """
    known = set(Limit.objects.filter(pk__in={limit for limit, _ in tallies}).values_list("pk", flat=True))
    done = 0
    with transaction.atomic():
        for (limit, hour), one in sorted(tallies.items()):
            if limit in known:
                row, _ = Count.objects.get_or_create(limit_id=limit, hour=hour)
                Count.objects.filter(pk=row.pk).update(
                    allowed=F("allowed") + one.allowed, over=F("over") + one.over, denied=F("denied") + one.denied
                )
                done += 1
    return done
