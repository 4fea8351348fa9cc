"""Hours that a home team pledged and gave."""

from dataclasses import dataclass
from datetime import datetime

from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision
from awayteam.rounds.models import Booking
from awayteam.rounds.permissions import Sides
from awayteam.rounds.rules import Pledge


@dataclass(frozen=True)
class Hours:
    """What was pledged, what was given and by whom (newest first); `may_book` is whether the actor may add."""

    engagement: Engagement
    pledge: Pledge
    rows: list[Booking]
    by_person: list[tuple[str, str, int]]
    """(reference, name, minutes), most first."""
    may_book: Decision


def engagement_of(actor: Actor, pk: int, now: datetime) -> Engagement:
    """The engagement, if the actor may see it. Raises `NotFound`."""
    rows = visible(actor, Engagement.objects.filter(pk=pk), now)
    found = rows.select_related("home_team", "away_team").first()
    if found is None:
        raise NotFound(f"There is no engagement {pk}.", "Look at the list.")
    return found


def bookings(engagement: Engagement) -> list[Booking]:
    """Every booking, also those taken back, newest first; one statement."""
    rows = Booking.objects.filter(engagement=engagement).select_related("person", "round", "booked_by")
    return list(rows.order_by("-on", "-pk"))


def hours(actor: Actor, engagement: Engagement, now: datetime, sides: Sides | None = None) -> Hours:
    """Pledge, bookings and who gave how much; `sides` where somebody has read them already."""
    rows = bookings(engagement)
    given: dict[int, tuple[str, str, int]] = {}
    for row in rows:
        if row.cancelled_at is None:
            ref, name, minutes = given.get(row.person_id, (row.person.ref, str(row.person), 0))
            given[row.person_id] = (ref, name, minutes + row.minutes)
    by_person = sorted(given.values(), key=lambda one: (-one[2], one[1]))
    pledge = Pledge(engagement.pledged_hours * 60, sum(one[2] for one in by_person))
    return Hours(engagement, pledge, rows, by_person, (sides or Sides(actor, engagement, now)).home())
