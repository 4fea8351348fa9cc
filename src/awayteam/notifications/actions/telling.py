"""Telling people, in the transaction of the change that they are told of."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from awayteam.accounts.actors import actors_of_persons
from awayteam.kernel import outbox, rulebook, subjects, worker
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications import letters, rules, sending, wishes
from awayteam.notifications.channels import OUTBOX
from awayteam.notifications.letters import Letter
from awayteam.notifications.models import Notification, Sending, Subscription, TeamChannel
from awayteam.notifications.rules import Channel, Group, Level, When
from awayteam.organisation.models import Membership, Person
from awayteam.organisation.queries import dated

LONGEST_KEY = 200
LONGEST_TEXT = 1000


def tell(
    *,
    now: datetime,
    subject: Subject,
    event: EventName | str,
    text: str,
    address: str,
    persons: Iterable[int] = (),
    teams: Iterable[int] = (),
    urgent: bool = False,
    actor: Actor | None = None,
    key: str,
    group: Group = Group.TURN,
) -> int:
    """Tell people that something happened to `subject`; returns how many are told.

    In the caller's transaction, in some ten statements however many people there are. Told are `persons` (ids), as
    `group`; the members of `teams` as far as they want to hear of them; and those who follow the subject. Left out are
    the actor, who left, and whoever may not see the subject (`kernel.subjects`). `text` is one plain sentence,
    `address` the path of the page. Nobody is told twice for one `key`, whoever calls again. A team with a channel of
    its own reads it there, if all of its members may see the subject.
    """
    team_ids, named = frozenset(teams), frozenset(persons)
    members = _members(team_ids, now)
    levels, team_levels = _levels(subject, team_ids)
    told = rules.reach(named=named, group=group, members=members, team_levels=team_levels, levels=levels)
    if actor is not None and actor.person_id is not None:
        told.pop(actor.person_id, None)
    people = {person.pk: person for person in wishes.people({*told, *(person for person, _team in members)}, now)}
    seeing = _seeing(subject, people, now)
    said = _said(Told(subject, event, text, address, named, key, urgent, group), now)
    if actor is not None:
        said |= {"actor_person_id": actor.person_id, "actor_label": actor.label[:200]}
    rows = [Notification(person_id=one, group=why, **said) for one, why in sorted(told.items()) if one in seeing]
    with transaction.atomic():
        if rows:
            Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
            _send(rows, people)
        if team_ids:
            here = [(person, team) for person, team in members if person in people]
            _tell_teams(team_ids, here, seeing, Notification(group=group, **said))
    return len(rows)


@dataclass(frozen=True, slots=True)
class Told:
    """One of many things to tell at once; the fields are those of `tell`. Everybody may see `subject`: whoever makes
    this has looked."""

    subject: Subject
    event: EventName | str
    text: str
    address: str
    persons: frozenset[int]
    key: str
    urgent: bool = False
    group: Group = Group.TURN


def tell_many(told: Sequence[Told], *, now: datetime) -> int:
    """Tell people of many things that nobody in particular did; some five statements however many there are.

    Told are the persons named, and those who follow the subject. Returns how many messages that makes.
    """
    levels: dict[tuple[str, int], dict[int, Level]] = defaultdict(dict)
    for kind in {one.subject.kind for one in told}:
        ids = [one.subject.id for one in told if one.subject.kind == kind]
        follow = Subscription.objects.filter(subject_kind=kind, subject_id__in=ids)
        for id, person, level in follow.values_list("subject_id", "person_id", "level"):
            levels[kind, id][person] = Level(level)
    reached = [
        rules.reach(
            named=one.persons, group=one.group, members=(), team_levels={},
            levels=levels[one.subject.kind, one.subject.id],
        )
        for one in told
    ]  # fmt: skip
    people = {person.pk: person for person in wishes.people({person for some in reached for person in some}, now)}
    rows = [
        Notification(person_id=person, group=why, **_said(one, now))
        for one, some in zip(told, reached, strict=True)
        for person, why in sorted(some.items())
        if person in people
    ]
    with transaction.atomic():
        Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
        _send(rows, people)
    return len(rows)


def _said(one: Told, now: datetime) -> dict[str, Any]:
    """What a notification says, in its columns."""
    return {
        "key": short_key(one.key),
        "at": now,
        "event": str(one.event),
        "subject_kind": one.subject.kind,
        "subject_id": one.subject.id,
        "subject_label": one.subject.label[:300],
        "text": " ".join(one.text.split())[:LONGEST_TEXT],
        "address": one.address[:500],
        "actor_person_id": None,
        "actor_label": "",
        "urgent": one.urgent,
    }


def short_key(key: str) -> str:
    """The key, or where it is too long for its column a digest of it."""
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def _members(teams: Collection[int], now: datetime) -> list[tuple[int, int]]:
    """(person, team) of everybody who belongs to one of the teams now."""
    if not teams:
        return []
    held = Membership.objects.filter(dated(now), team_id__in=teams)
    return sorted(set(held.values_list("person_id", "team_id")))


def _levels(subject: Subject, teams: Collection[int]) -> tuple[dict[int, Level], dict[tuple[int, int], Level]]:
    """What people want to hear of the subject, and of the teams as (person, team)."""
    wanted = Q(subject_kind=subject.kind, subject_id=subject.id)
    if teams:
        wanted |= Q(subject_kind="team", subject_id__in=teams)
    levels: dict[int, Level] = {}
    team_levels: dict[tuple[int, int], Level] = {}
    for kind, id, person, level in Subscription.objects.filter(wanted).values_list(
        "subject_kind", "subject_id", "person_id", "level"
    ):
        if (kind, id) == (subject.kind, subject.id):
            levels[person] = Level(level)
        if kind == "team" and id in teams:
            team_levels[person, id] = Level(level)
    return levels, team_levels


def _seeing(subject: Subject, people: Collection[int], now: datetime) -> set[int]:
    @cache
    def actors() -> Mapping[int, Actor]:
        return actors_of_persons(frozenset(people), now)

    return subjects.audience(subject.kind, subject.id, people, actors)


def _send(rows: Sequence[Notification], people: Mapping[int, Person]) -> None:
    """Plan by which channels the rows leave, and when; what was planned for their key before stays as it is."""
    wanted = {(row.person_id, row.key): row for row in rows}
    known = Notification.objects.filter(
        key__in={row.key for row in rows}, person_id__in={row.person_id for row in rows}
    ).values_list("person_id", "key", "pk")
    made = [
        planned
        for person, key, pk in known
        if (row := wanted.get((person, key))) is not None
        for planned in plan(pk, people[person], Group(row.group), row.at, row.urgent)
    ]
    if made:
        Sending.objects.bulk_create(made, ignore_conflicts=True, batch_size=2_000)
        transaction.on_commit(worker.wake)


def plan(notification: int, person: Person, group: Group, now: datetime, urgent: bool) -> list[Sending]:
    """The sendings of one notification, by the wishes of the person (loaded by `wishes.people`)."""
    book = rulebook.current()
    wanted = wishes.of(person, book)
    found = []
    for channel in sorted(wanted.channels):
        when = wanted.when(channel, group)
        due = rules.due(wanted, when, now, urgent=urgent, gather_seconds=book.notifications.gather_seconds)
        if due is not None:
            found.append(
                Sending(notification_id=notification, person_id=person.pk, channel=channel, when=when, due_at=due)
            )
    return found


def _tell_teams(
    teams: Collection[int], members: Collection[tuple[int, int]], seeing: Collection[int], row: Notification
) -> None:
    """Queue the message for each team that has a channel and members, all of whom see the subject."""
    for channel in TeamChannel.objects.filter(team_id__in=teams, active=True).order_by("team_id"):
        people = {person for person, team in members if team == channel.team_id}
        if people and people <= set(seeing):
            letter = Letter(
                key=short_key(f"team-{channel.team_id}-{row.key}"),
                items=[sending.item_of(row)],
                when=When.AT_ONCE,
                host="",
                url=settings.URL,
            )
            payload = {"team": channel.team_id, "channel": Channel.SLACK.value, "body": letters.slack(letter)}
            outbox.enqueue(channel=OUTBOX[Channel.SLACK], key=letter.key, payload=payload, now=row.at)
