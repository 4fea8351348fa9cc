"""Hours that the home team pledged and gave, of one engagement or of many."""

from collections.abc import Iterable

from django.db.models import Sum

from awayteam.engagements.models import Engagement
from awayteam.rounds.models import Booking
from awayteam.rounds.rules import Pledge


def pledge_of(engagement: Engagement) -> Pledge:
    """What was pledged and given of one engagement; one statement."""
    given = Booking.objects.filter(engagement=engagement, cancelled_at__isnull=True).aggregate(sum=Sum("minutes"))
    return Pledge(engagement.pledged_hours * 60, given["sum"] or 0)


def pledges_of(engagements: Iterable[Engagement]) -> dict[int, Pledge]:
    """The same of many, by id; one statement."""
    by_id = {one.pk: one for one in engagements}
    rows = Booking.objects.filter(engagement__in=by_id, cancelled_at__isnull=True).order_by().values("engagement")
    given = dict(rows.annotate(sum=Sum("minutes")).values_list("engagement", "sum"))
    return {pk: Pledge(one.pledged_hours * 60, given.get(pk, 0)) for pk, one in by_id.items()}
