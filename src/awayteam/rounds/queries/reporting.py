"""What a report says: gathered from steps, rounds, hours and clocks of one engagement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Sum

from awayteam.engagements.models import Engagement, EngagementStep, Extension
from awayteam.engagements.words import STEP_WORDS as VISIT_STEPS
from awayteam.engagements.words import TODO_WORDS as VISIT_TODO
from awayteam.kernel.registries import Registry
from awayteam.rounds.machine import State, Verb
from awayteam.rounds.models import Booking, Round, RoundStep, Trip
from awayteam.rounds.pledge import pledge_of
from awayteam.rounds.queries.latency import measured
from awayteam.rounds.queries.lists import RELATED
from awayteam.rounds.rules import latency
from awayteam.rounds.words import STATE_WORDS, STEP_WORDS, TODO_WORDS

Needs = Callable[[Engagement, datetime], list[dict[str, Any]]]
"""(engagement, now) -> what is waited for: {"who", "what", "until" (ISO or None), "late"}."""

MOST = 60
_needs: Registry[str, Needs] = Registry()


def register_needs(key: str, needs: Needs) -> None:
    """Let an upper app say what of an engagement waits for whom; called in `App.register()`."""
    _needs[key] = needs


def gather(engagement: Engagement, *, since: datetime, until: datetime) -> dict[str, Any]:
    """The figures of a report of that time, as JSON; some twelve statements. `until` is the time that counts as now."""
    needed = [*_visit_needs(engagement, until), *_round_needs(engagement, until)]
    for one in _needs.values():
        needed += one(engagement, until)
    return {
        "engagement": {
            "id": engagement.pk, "title": engagement.title, "state": engagement.state,
            "home": str(engagement.home_team), "away": str(engagement.away_team),
            "starts_on": _day(engagement.starts_on), "ends_on": _day(engagement.ends_on),
            "review_mode": engagement.review_mode,
        },
        "since": since.isoformat(), "until": until.isoformat(),
        "done": _done(engagement, since, until),
        **_rounds(engagement, since, until),
        "hours": _hours(engagement, since, until),
        "late": _late(engagement, since, until, needed),
        "needed": [{name: one[name] for name in ("who", "what", "until")} for one in needed],
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None


def _done(engagement: Engagement, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Steps of the engagement and of its rounds, oldest first."""
    span = {"at__gte": since, "at__lt": until}
    visit = EngagementStep.objects.filter(story=engagement, **span).order_by("-pk")[:MOST]
    rounds = RoundStep.objects.filter(story__engagement=engagement, **span).select_related("story").order_by("-pk")
    found = [(one.at, one.label or "Awayteam", VISIT_STEPS[one.verb], one.words) for one in visit]
    found += [
        (one.at, one.label or "Awayteam", f"{STEP_WORDS[Verb(one.verb)]} (round {one.story.number}: {one.story.title})",
         one.words)
        for one in rounds[:MOST]
    ]  # fmt: skip
    found.sort(key=lambda one: one[0])
    return [
        {"at": at.isoformat(), "who": who, "what": what, "why": " ".join(why.split())[:200]}
        for at, who, what, why in found[-MOST:]
    ]


def _rounds(engagement: Engagement, since: datetime, until: datetime) -> dict[str, Any]:
    """Rounds that were open in that time, and how fast answers came."""
    rows = Round.objects.filter(engagement=engagement, created_at__lt=until).exclude(closed_at__lt=since)
    found = list(rows.order_by("number")[:MOST])
    ids = [one.pk for one in found]
    sums = Trip.objects.filter(round__in=ids).order_by().values("round").annotate(sum=Sum("minutes"))
    waited = dict(sums.values_list("round", "sum"))
    trips = measured(since, until).filter(round__engagement=engagement)
    fast = latency([(minutes or 0, bool(in_time)) for minutes, in_time in trips.values_list("minutes", "in_time")])
    said = {"trips": fast.trips, "median": fast.median, "p90": fast.p90, "in_time": fast.in_time}
    return {
        "rounds": [
            {"id": one.pk, "number": one.number, "kind": one.kind, "title": one.title, "trips": one.trip,
             "state": STATE_WORDS[State(one.state)], "minutes": waited.get(one.pk)}
            for one in found
        ],
        "latency": said,
    }  # fmt: skip


def _hours(engagement: Engagement, since: datetime, until: datetime) -> dict[str, Any]:
    pledge = pledge_of(engagement)
    rows = Booking.objects.filter(
        engagement=engagement, cancelled_at__isnull=True, booked_at__gte=since, booked_at__lt=until
    )
    given: dict[str, int] = {}
    for row in rows.select_related("person"):
        given[str(row.person)] = given.get(str(row.person), 0) + row.minutes
    people = sorted(given.items(), key=lambda one: (-one[1], one[0]))
    return {
        "pledged": pledge.pledged, "booked": pledge.booked, "left": pledge.left, "in_time": sum(given.values()),
        "by_person": [{"who": who, "minutes": minutes} for who, minutes in people],
    }  # fmt: skip


def _late(
    engagement: Engagement, since: datetime, until: datetime, needed: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Clocks that ran out in that time, turns that are overdue, days that were given back."""
    found = [{"what": one["what"], "why": f"{one['who']} is late"} for one in needed if one["late"]]
    trips = measured(since, until).filter(round__engagement=engagement, in_time=False).select_related("round")
    found += [
        {
            "what": f"Round {one.round.number}: {one.round.title}",
            "why": "the home team's clock ran out before an answer",
        }
        for one in trips.order_by("pk")[:MOST]
    ]
    grown = Extension.objects.filter(engagement=engagement, at__gte=since, at__lt=until).order_by("pk")
    found += [{"what": f"The time-box grew by {one.days} working days", "why": one.why} for one in grown]
    return found


def _visit_needs(engagement: Engagement, now: datetime) -> list[dict[str, Any]]:
    row = Engagement.objects.select_related("turn_person", "turn_team").get(pk=engagement.pk)
    todo = next((words for state, words in VISIT_TODO.items() if state.value == row.state), "")
    return [need(row.turn_person or row.turn_team, todo, row.due_at, now)] if todo else []


def _round_needs(engagement: Engagement, now: datetime) -> list[dict[str, Any]]:
    rows = Round.objects.filter(engagement=engagement, closed_at__isnull=True).select_related(*RELATED)
    return [
        need(row.turn_person or row.turn_team, f"{TODO_WORDS[State(row.state)]} (round {row.number}: {row.title})",
             row.due_at, now)
        for row in rows.order_by("due_at")[:MOST]
    ]  # fmt: skip


def need(who: object, what: str, until: datetime | None, now: datetime) -> dict[str, Any]:
    """Something that is waited for, as a report lists it."""
    return {
        "who": str(who or "An administrator"), "what": what, "until": until.isoformat() if until else None,
        "late": until is not None and until <= now,
    }  # fmt: skip
