"""Hours that people of the home team give: booked by the home side, seen by both."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from awayteam.engagements.models import Engagement
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Person
from awayteam.rounds.models import Booking, Round
from awayteam.rounds.permissions import Sides
from awayteam.rounds.pledge import pledge_of
from awayteam.stories.plot import Held, hours_of
from awayteam.stories.stepping import hold

DAY_MINUTES = 1440
MOST_BACK = timedelta(days=366)


def check_minutes(minutes: int) -> None:
    """Raises `InvalidInput` unless `minutes` fit into a day; 0 means none."""
    if not 0 <= minutes <= DAY_MINUTES:
        raise InvalidInput("That isn't the time of one day.", "Name minutes.", {"minutes": f"0 to {DAY_MINUTES}"})


def today(engagement: Engagement, now: datetime) -> date:
    """The day that it is for the home team."""
    return now.astimezone(ZoneInfo(hours_of(engagement.home_team).time_zone)).date()


def book(
    engagement: Engagement | int,
    *,
    actor: Actor,
    now: datetime,
    minutes: int,
    what: str,
    on: date | None = None,
    person: Person | None = None,
    round: Round | None = None,
) -> Booking:
    """Book time that `person` (the actor) of the home side gave on that day (today).

    What is beyond the pledge is given freely. Raises `NotFound`, `NotAllowed`, `Conflict` (nothing was agreed yet, or
    all is over), `InvalidInput`.
    """
    with transaction.atomic():
        visit = hold(ENGAGEMENT, engagement, actor=actor, now=now).row
        Sides(actor, visit, now).home().require()
        if visit.contract_id is None:
            raise Conflict("Nothing is agreed yet, so no hours are pledged.", "Book them once the contract is signed.")
        giver = person.pk if person is not None else actor.person_id
        day = on or today(visit, now)
        _check(visit, giver, day, minutes, what, round, now)
        assert giver is not None
        return _write(visit, giver, day, minutes, what.strip(), round, actor, now)


def _check(
    visit: Engagement, giver: int | None, day: date, minutes: int, what: str, round: Round | None, now: datetime
) -> None:
    wrong: dict[str, str] = {}
    latest = today(visit, now)
    if giver is None:
        wrong["person"] = "say who gave the time"
    elif not _may_give(visit, giver, now):
        wrong["person"] = "isn't of the home side"
    if not 1 <= minutes <= DAY_MINUTES:
        wrong["minutes"] = f"1 to {DAY_MINUTES}"
    if not what.strip() or len(what.strip()) > 300 or "\0" in what:
        wrong["what"] = "say in up to 300 characters for what"
    if not latest - MOST_BACK <= day <= latest:
        wrong["on"] = "is a day of the last year, today at the latest"
    if round is not None and round.engagement_id != visit.pk:
        wrong["round"] = "belongs to another engagement"
    if wrong:
        said = "; ".join(f"{name} {text}" for name, text in wrong.items())
        raise InvalidInput(f"The hours can't be booked: {said}.", "Mend these.", wrong)


def _may_give(visit: Engagement, giver: int, now: datetime) -> bool:
    """Whether that person gives time of the home team: not one of the visitors."""
    from awayteam.engagements.models import Side

    return Sides(SYSTEM, visit, now).standing.side(giver) == Side.HOME


def _write(
    visit: Engagement, giver: int, day: date, minutes: int, what: str, round: Round | None, actor: Actor, now: datetime
) -> Booking:
    row = Booking.objects.create(
        engagement=visit, person_id=giver, on=day, minutes=minutes, what=what, round=round,
        booked_by_id=actor.person_id, booked_at=now,
    )  # fmt: skip
    pledge = pledge_of(visit)
    data = {
        "booking": row.pk, "person": giver, "minutes": minutes, "on": day.isoformat(), "pledged": pledge.pledged,
        "booked": pledge.booked, "team": visit.home_team_id,
    }  # fmt: skip
    events.append(
        EventName.HOURS_BOOKED, subject=ENGAGEMENT.subject(visit), actor=actor, now=now, reason=what, data=data
    )
    return row


def book_for_round(held: Held[Round], minutes: int) -> None:
    """The reviewer's own time for an answer, booked with it."""
    row, giver = held.row, held.actor.person_id
    if giver is None:
        return
    day = today(row.engagement, held.now)
    _write(row.engagement, giver, day, minutes, f"Review: {row.title}"[:300], row, held.actor, held.now)


def cancel(booking: Booking | int, *, actor: Actor, now: datetime, why: str) -> Booking:
    """Take back what was booked wrongly; the row stays. Raises `NotFound`, `NotAllowed`, `Conflict`, `InvalidInput`."""
    pk = booking if isinstance(booking, int) else booking.pk
    with transaction.atomic():
        row = Booking.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise NotFound(f"There is no booking {pk}.")
        visit = hold(ENGAGEMENT, row.engagement_id, actor=actor, now=now).row
        Sides(actor, visit, now).home().require()
        if row.cancelled_at is not None:
            raise Conflict("This was taken back already.", "Look at the hours again.")
        if not why.strip() or len(why) > 2000:
            raise InvalidInput("Say why it is taken back.", "A sentence is enough.", {"why": "say why"})
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        data = {"booking": row.pk, "person": row.person_id, "minutes": row.minutes, "team": visit.home_team_id}
        subject = ENGAGEMENT.subject(visit)
        events.append(EventName.HOURS_CANCELLED, subject=subject, actor=actor, now=now, reason=why.strip(), data=data)
    return row
