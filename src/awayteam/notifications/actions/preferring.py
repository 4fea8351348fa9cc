"""How a person wishes to be told."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import events, rulebook, secrets, worker
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import EventName
from awayteam.kernel.rulebook import checks
from awayteam.kernel.webhooks import PREFIX, url_problem
from awayteam.notifications import rules, wishes
from awayteam.notifications.channels import SLACK_PURPOSE, WEBHOOK_PURPOSE
from awayteam.notifications.models import Preference, Sending
from awayteam.notifications.permissions import Verb, can, person_of
from awayteam.notifications.rules import Channel, Group, When

SECRET_FIELDS = {"slack_url", "webhook_secret"}


def prefer(
    *,
    actor: Actor,
    now: datetime,
    choices: Mapping[str, Mapping[str, str]] | None = None,
    quiet_start: str | None = None,
    quiet_end: str | None = None,
    quiet_days: Collection[int] | None = None,
    urgent_in_quiet: bool | None = None,
    digest_time: str | None = None,
    digest_weekday: int | None = None,
    slack_url: str | None = None,
    webhook_url: str | None = None,
) -> Preference:
    """Change one's own wishes; what is None stays. What still waits to leave follows the new wishes.

    `choices` is {channel: {group: when}} and changes only what it names. An address of "" takes the channel away. A
    new webhook gets a new secret (`webhook_secret`). Raises `NotAllowed`, `InvalidInput`.
    """
    can(actor, Verb.PREFER, None, now).require()
    given = {
        "choices": choices,
        "quiet_start": quiet_start,
        "quiet_end": quiet_end,
        "quiet_days": None if quiet_days is None else sorted(set(quiet_days)),
        "urgent_in_quiet": urgent_in_quiet,
        "digest_time": digest_time,
        "digest_weekday": digest_weekday,
        "slack_url": slack_url,
        "webhook_url": webhook_url,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    with transaction.atomic():
        row = _held(actor, now)
        _check(wanted, row)
        changes = _apply(row, wanted)
        if changes:
            row.changed_at = now
            row.save()
            _replan(row, now)
            events.append(
                EventName.PREFERENCES_UPDATED,
                subject=wishes.own_subject(actor),
                actor=actor,
                now=now,
                changes=changes,
            )
    return row


def unsubscribe(*, person_id: int, groups: Collection[str], now: datetime) -> Preference:
    """End mails of these groups to a person, as their signed address asks. Raises `NotFound` for who isn't here."""
    people = wishes.people([person_id], now)
    if not people:
        raise NotFound("This address is of somebody who isn't here any more.")
    person = people[0]
    actor = Actor(kind=ActorKind.PERSON, label=str(person), person_id=person.pk)
    ended = {group: When.NEVER.value for group in groups if group in set(Group)}
    return prefer(actor=actor, now=now, choices={Channel.EMAIL.value: ended})


def new_webhook_secret(*, actor: Actor, now: datetime) -> str:
    """Make a new secret for one's webhook and give it back: this once."""
    can(actor, Verb.PREFER, None, now).require()
    with transaction.atomic():
        row = _held(actor, now)
        if not row.webhook_url:
            raise InvalidInput("You have no webhook.", "Enter its address first.")
        plain = PREFIX + secrets.generate()
        row.webhook_secret, row.changed_at = secrets.seal(plain, WEBHOOK_PURPOSE), now
        row.save(update_fields=["webhook_secret", "changed_at"])
        changes = {"webhook_secret": ("hidden", "replaced")}
        subject = wishes.own_subject(actor)
        events.append(EventName.PREFERENCES_UPDATED, subject=subject, actor=actor, now=now, changes=changes)
    return plain


def _held(actor: Actor, now: datetime) -> Preference:
    person = person_of(actor)
    Preference.objects.bulk_create([Preference(person_id=person, changed_at=now)], ignore_conflicts=True)
    return Preference.objects.select_for_update().get(person_id=person)


def _check(wanted: Mapping[str, Any], row: Preference) -> None:
    problems = {name: problem for name, value in wanted.items() if (problem := _problem(name, value))}
    start, end = (wanted.get(name, getattr(row, name)) for name in ("quiet_start", "quiet_end"))
    if bool(start) != bool(end) and not problems:
        problems["quiet_end" if start else "quiet_start"] = "quiet hours need a start and an end"
    if problems:
        said = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise InvalidInput(f"This can't be kept: {said}.", "docs/notifications.md explains each.", fields=problems)


def _problem(name: str, value: Any) -> str | None:
    if name == "choices":
        return _choices_problem(value)
    if name in {"quiet_start", "quiet_end", "digest_time"}:
        return checks.time_of_day(value) if value else None
    if name == "quiet_days":
        if not set(value) <= set(range(7)):
            return "the days are 0 (Monday) to 6 (Sunday)"
        return "nothing would ever leave; choose never instead" if len(value) == 7 else None
    if name == "digest_weekday":
        return None if value in range(7) else "the days are 0 (Monday) to 6 (Sunday)"
    if name in {"slack_url", "webhook_url"} and value:
        return url_problem(value, rulebook.current().notifications.allow_private)
    return None


def _choices_problem(value: Mapping[str, Mapping[str, str]]) -> str | None:
    for channel, of_channel in value.items():
        if channel not in set(Channel):
            return f"there is no channel {channel[:40]!r}; choose from {', '.join(Channel)}"
        for group, when in of_channel.items():
            if group not in set(Group):
                return f"there is no group {group[:40]!r}; choose from {', '.join(Group)}"
            if when not in set(When):
                return f"there is no {when[:40]!r}; choose from {', '.join(When)}"
    return None


def _apply(row: Preference, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Put the values into the row; what changed, with secrets hidden."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in wanted.items():
        old = getattr(row, name)
        if name == "choices":
            value = _merged(old, value)
        if name == "slack_url":
            if not value and not old:
                continue
            changes[name] = ("hidden" if old else "", "replaced" if value else "")
            value = secrets.seal(value, SLACK_PURPOSE) if value else ""
        elif value != old:
            changes[name] = (old, value)
        setattr(row, name, value)
    if "webhook_url" in changes:
        row.webhook_secret = secrets.seal(PREFIX + secrets.generate(), WEBHOOK_PURPOSE) if row.webhook_url else ""
    return changes


def _merged(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The choices with those of `new` over those of `old`."""
    made = {channel: {**old.get(channel, {}), **new.get(channel, {})} for channel in {*old, *new}}
    return {channel: dict(sorted(made[channel].items())) for channel in sorted(made) if made[channel]}


def _replan(row: Preference, now: datetime) -> None:
    """Let what still waits follow the new wishes."""
    person = wishes.people([row.person_id], now)
    if not person:
        return
    wanted, book = wishes.of(person[0]), rulebook.current().notifications
    waiting = Sending.objects.filter(person_id=row.person_id, done_at__isnull=True).select_related("notification")
    never = []
    for sending in waiting:
        when = wanted.when(Channel(sending.channel), Group(sending.notification.group))
        urgent = sending.notification.urgent
        due = rules.due(wanted, when, now, urgent=urgent, gather_seconds=book.gather_seconds)
        if due is None:
            never.append(sending.pk)
        elif when != sending.when or due != sending.due_at:
            Sending.objects.filter(pk=sending.pk, done_at__isnull=True).update(when=when, due_at=due)
    Sending.objects.filter(pk__in=never, done_at__isnull=True).update(done_at=now)
    transaction.on_commit(worker.wake)
