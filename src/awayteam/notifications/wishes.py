"""How people wish to be told, from their rows: what `rules` needs to know of them."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.rulebook.schema import Rulebook
from awayteam.notifications.models import Preference
from awayteam.notifications.rules import Channel, Wishes
from awayteam.organisation.models import Person


def people(ids: Collection[int], now: datetime) -> list[Person]:
    """Those who are still here and whose account, if they have one, is open; with `preference` and `user` loaded."""
    here = Q(left_at__isnull=True) | Q(left_at__gt=now)
    rows = Person.objects.filter(here, pk__in=ids).exclude(user__is_active=False)
    return list(rows.select_related("preference", "user").order_by("pk"))


def preference_of(person: Person) -> Preference | None:
    """What the person chose, or None; no statement where it was loaded along."""
    try:
        return person.preference
    except Preference.DoesNotExist:
        return None


def email_of(person: Person) -> str:
    """Where mail reaches the person: the organisation's address for them, else their account's; "" for nowhere."""
    if person.email:
        return person.email
    user = getattr(person, "user", None)
    return user.email if user is not None else ""


def mail_leaves() -> bool:
    """Whether this installation sends mail at all."""
    return bool(settings.MAIL_URL)


def of(person: Person, book: Rulebook | None = None) -> Wishes:
    """The wishes of a person whose `preference` and `user` were loaded along."""
    book = book or rulebook.current()
    chosen = preference_of(person)
    channels = {Channel.EMAIL} if mail_leaves() and email_of(person) else set()
    zone = zone_of(person, book)
    told = book.notifications
    if chosen is None:
        return Wishes(
            zone=zone,
            channels=frozenset(channels),
            digest_time=told.digest_time,
            digest_weekday=told.digest_weekday,
        )
    if chosen.slack_url:
        channels.add(Channel.SLACK)
    if chosen.webhook_url:
        channels.add(Channel.WEBHOOK)
    return Wishes(
        zone=zone,
        channels=frozenset(channels),
        choices=chosen.choices,
        quiet=(chosen.quiet_start, chosen.quiet_end) if chosen.quiet_start and chosen.quiet_end else None,
        quiet_days=frozenset(chosen.quiet_days),
        urgent_in_quiet=chosen.urgent_in_quiet,
        digest_time=chosen.digest_time or told.digest_time,
        digest_weekday=told.digest_weekday if chosen.digest_weekday is None else chosen.digest_weekday,
    )


def zone_of(person: Person, book: Rulebook) -> str:
    """The person's time zone, or the rulebook's where theirs isn't known."""
    return person.time_zone if _is_zone(person.time_zone) else book.calendar.time_zone


@lru_cache(maxsize=1000)
def _is_zone(name: str) -> bool:
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (KeyError, ValueError, OSError):
        return False


def own_subject(actor: Actor) -> Subject:
    """What a person's wishes are in the event log; seen by that person and administrators."""
    return Subject("preferences", actor.person_id or 0, actor.label)
