"""Putting into the outbox what is due: what comes at once, and digests. Run by the worker as a periodic job."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from awayteam.accounts.actors import actors_of_persons
from awayteam.kernel import outbox, rulebook, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.notifications import letters, rules, wishes
from awayteam.notifications.channels import OUTBOX, payload
from awayteam.notifications.letters import Item, Letter
from awayteam.notifications.models import Notification, Sending
from awayteam.notifications.rules import Channel, Group, Waiting, When
from awayteam.organisation.models import Person

log = Log(__name__)

PAIRS = 100
"""People and channels that one round serves."""

LEASE = 20
"""Seconds after which a round that a killed worker had is taken by another; a sending that both have leaves once."""

SALT = "awayteam.unsubscribe"
WRITERS = {Channel.EMAIL: letters.mail, Channel.SLACK: letters.slack, Channel.WEBHOOK: letters.event}


class Taken(Exception):
    """Another worker was faster."""


def is_due(now: datetime) -> bool:
    """Whether anything waits to leave; cheap."""
    return Sending.objects.filter(done_at__isnull=True, due_at__lte=now).exists()


def send_due(now: datetime) -> int:
    """Queue messages for up to `PAIRS` people and channels; returns how many sendings were settled.

    What somebody has read meanwhile, or may not see any more, doesn't leave. Each person and channel is one
    transaction: the outbox has the message exactly when its sendings are done.
    """
    waiting = Sending.objects.filter(done_at__isnull=True, due_at__lte=now)
    pairs = list(waiting.order_by("due_at").values_list("person_id", "channel").distinct()[: PAIRS * 5])
    chosen = list(dict.fromkeys(pairs))[:PAIRS]
    people = {person.pk: person for person in wishes.people({person for person, _channel in chosen}, now)}
    by_pair: dict[tuple[int, str], list[Sending]] = defaultdict(list)
    for sending in _along(now, {person for person, _channel in chosen}):
        by_pair[sending.person_id, sending.channel].append(sending)
    seeing = _seeing([sending.notification for many in by_pair.values() for sending in many], people, now)
    done = 0
    for (person_id, channel), sendings in by_pair.items():
        leaving = [one for one in sendings if one.notification.read_at is None and _may(one.notification, seeing)]
        try:
            _leave(people.get(person_id), Channel(channel), sendings, leaving, now)
            done += len(sendings)
        except Taken:
            log.info("notifications.taken", person=person_id, channel=channel)
    return done


def _along(now: datetime, people: Collection[int]) -> Iterable[Sending]:
    """What is due for these people, and what came since and would leave in a moment anyway."""
    gathered = now + timedelta(seconds=rulebook.current().notifications.gather_seconds)
    due = Q(due_at__lte=now) | Q(when=When.AT_ONCE, due_at__lte=gathered)
    rows = Sending.objects.filter(due, done_at__isnull=True, person_id__in=people)
    return rows.select_related("notification").order_by("pk")


def _seeing(
    rows: Iterable[Notification], people: Collection[int], now: datetime
) -> Mapping[tuple[str, int], frozenset[int]]:
    """Who of the people sees which subject, asked once for each subject."""
    known: dict[int, Actor] = {}

    def actors() -> Mapping[int, Actor]:
        if not known:
            known.update(actors_of_persons(people, now))
        return known

    told: dict[tuple[str, int], set[int]] = defaultdict(set)
    for row in rows:
        if row.person_id in people:
            told[row.subject_kind, row.subject_id].add(row.person_id)
    return {(kind, id): frozenset(subjects.audience(kind, id, persons, actors)) for (kind, id), persons in told.items()}


def _may(row: Notification, seeing: Mapping[tuple[str, int], frozenset[int]]) -> bool:
    return row.person_id in seeing.get((row.subject_kind, row.subject_id), frozenset())


def _leave(
    person: Person | None, channel: Channel, sendings: Sequence[Sending], leaving: Sequence[Sending], now: datetime
) -> None:
    """Queue what leaves to one person by one channel, and settle all of `sendings`, in one transaction."""
    book = rulebook.current().notifications
    with transaction.atomic():
        mine = Sending.objects.filter(pk__in=[one.pk for one in sendings], done_at__isnull=True)
        if mine.update(done_at=now) != len(sendings):
            raise Taken
        if person is None or channel not in wishes.of(person).channels:
            return
        rows = {one.pk: one for one in leaving}
        waiting = [
            Waiting(one.pk, (one.notification.subject_kind, one.notification.subject_id), When(one.when))
            for one in leaving
        ]
        for together in rules.messages(waiting, book.fold_after):
            letter = letter_of([rows[one.id] for one in together], person, channel)
            body = payload(channel, person.pk, WRITERS[channel](letter))
            outbox.enqueue(channel=OUTBOX[channel], key=letter.key, payload=body, now=now)


def letter_of(sendings: Sequence[Sending], person: Person, channel: Channel) -> Letter:
    """The letter for these sendings to one person."""
    rows = [one.notification for one in sendings]
    mark = hashlib.sha256(",".join(str(one.pk) for one in sendings).encode()).hexdigest()[:20]
    groups = sorted({row.group for row in rows})
    return Letter(
        key=f"notify-{channel}-{person.pk}-{mark}",
        items=[item_of(row) for row in rows],
        when=When(sendings[0].when),
        host=urlsplit(settings.URL).hostname or "localhost",
        url=settings.URL,
        unsubscribe=unsubscribe_address(person.pk, groups) if channel is Channel.EMAIL else "",
    )


def item_of(row: Notification) -> Item:
    return Item(
        text=row.text,
        url=f"{settings.URL}{row.address}" if row.address else "",
        at=row.at,
        group=Group(row.group),
        event=row.event,
        subject=(row.subject_kind, row.subject_id),
        label=row.subject_label,
        urgent=row.urgent,
    )


def unsubscribe_address(person: int, groups: Sequence[str]) -> str:
    """The signed address that ends mails of these groups to this person, without signing in."""
    token = signing.dumps({"person": person, "groups": list(groups)}, salt=SALT)
    return settings.URL + reverse("notification_unsubscribe", args=[token])


def forget_old(now: datetime) -> int:
    """Delete notifications older than the rulebook keeps them; returns how many rows went."""
    keep = timedelta(days=rulebook.current().notifications.keep_days)
    old = list(Notification.objects.filter(at__lt=now - keep).order_by("pk").values_list("pk", flat=True)[:10_000])
    return Notification.objects.filter(pk__in=old).delete()[0] if old else 0


SEND = Job("notifications.send", every_seconds=1, run=send_due, pending=is_due, lease_seconds=LEASE)
FORGET = Job("notifications.forget-old", every_seconds=3600, run=forget_old)
