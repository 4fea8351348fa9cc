"""A person's clocks as a calendar (RFC 5545), from the registry of turns."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Alarm, Calendar, Event

from awayteam.accounts.actors import actors_of_persons
from awayteam.kernel import subjects, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.turns import Place, TurnRow
from awayteam.notifications.models import CalendarFeed

MOST = 200
"""Entries of each list of Home that the calendar takes."""

LENGTH = timedelta(minutes=30)
"""How long before its end a clock is drawn, so that calendars show it."""

AHEAD = timedelta(hours=1)
REFRESH = "PT15M"


def calendar(feed: CalendarFeed, now: datetime) -> bytes:
    """What the person must do by when, and with `with_teams` what their teams must do too. Only what they may see.

    An entry keeps its UID for as long as the same turn runs, so that calendar programs move it rather than add one.
    """
    actor = actors_of_persons([feed.person_id], now).get(feed.person_id)
    made = Calendar()
    made.add("prodid", "-//Awayteam//Clocks//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Awayteam: {feed.person}")
    made.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", REFRESH)
    if actor is not None:
        for row in _rows(actor, feed, now):
            made.add_component(_entry(row, actor))
    return bytes(made.to_ical())


def _rows(actor: Actor, feed: CalendarFeed, now: datetime) -> list[TurnRow]:
    places = [Place.YOURS, Place.SOON] if feed.with_teams else [Place.YOURS]
    lists = turns.gather(actor, now, limit=MOST)
    return [row for place in places for row in lists[place].rows if row.due_at is not None]


def _entry(row: TurnRow, actor: Actor) -> Event:
    assert row.due_at is not None
    host = urlsplit(settings.URL).hostname or "localhost"
    path = row.url or subjects.seen_by(actor, row.subject.kind, [row.subject.id]).get(row.subject.id, "")
    entry = Event()
    entry.add("uid", f"turn-{row.subject.kind}-{row.subject.id}@{host}")
    entry.add("summary", f"{row.state}: {row.title}" if row.state else row.title)
    entry.add("dtstamp", row.started_at)
    entry.add("last-modified", row.started_at)
    entry.add("dtstart", row.due_at - LENGTH)
    entry.add("dtend", row.due_at)
    entry.add("transp", "TRANSPARENT")
    entry.add("categories", ["your turn" if row.place is Place.YOURS else "your team's turn"])
    told = [f"Turn: {row.whose}", row.face.text if row.face else "", row.note]
    if path:
        entry.add("url", f"{settings.URL}{path}")
        told.append(f"{settings.URL}{path}")
    entry.add("description", "\n".join(line for line in told if line))
    entry.add_component(_alarm(row))
    return entry


def _alarm(row: TurnRow) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", row.title)
    alarm.add("trigger", -AHEAD, parameters={"RELATED": "END"})
    return alarm
