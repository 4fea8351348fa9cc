"""Telling people, in the transaction of the change that they are told of."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache

from django.db import transaction
from django.db.models import Q

from awayteam.accounts.actors import actors_of_persons
from awayteam.kernel import rulebook, subjects, worker
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications import rules, wishes
from awayteam.notifications.models import Notification, Sending, Subscription
from awayteam.notifications.rules import Group, Level
from awayteam.organisation.models import Membership, Person
from awayteam.organisation.queries import dated

LONGEST_KEY = 200


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
    key = short_key(key)
    rows = [
        Notification(
            person_id=person,
            key=key,
            at=now,
            event=str(event),
            group=why,
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject_label=subject.label[:300],
            text=" ".join(text.split())[:1000],
            address=address[:500],
            actor_person_id=actor.person_id if actor else None,
            actor_label=actor.label[:200] if actor else "",
            urgent=urgent,
        )
        for person, why in sorted(told.items())
        if person in seeing
    ]
    with transaction.atomic():
        if rows:
            Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
            _send(rows, people, key, now)
        _tell_teams(team_ids, members, seeing, people, rows, key)
    return len(rows)


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


def _send(rows: Iterable[Notification], people: Mapping[int, Person], key: str, now: datetime) -> None:
    """Plan by which channels the rows leave, and when; what was planned for this key before stays as it is."""
    by_person = {row.person_id: row for row in rows}
    known = Notification.objects.filter(key=key, person_id__in=list(by_person)).values_list("person_id", "pk")
    made = [
        sending
        for person, pk in known
        for sending in plan(pk, people[person], Group(by_person[person].group), now, by_person[person].urgent)
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
    teams: Collection[int],
    members: Collection[tuple[int, int]],
    seeing: Collection[int],
    people: Mapping[int, Person],
    rows: Collection[Notification],
    key: str,
) -> None:
    """Queue the message for each team that has a channel and whose members may all see the subject."""
