"""The pool: who joins, under which terms, who is away, who leaves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.organisation.models import Person
from awayteam.reviews.actions import checking
from awayteam.reviews.models import Absence, BarRaiser
from awayteam.reviews.permissions import can_be_away, can_keep, can_leave
from awayteam.stories.stepping import words_of


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody is in the pool. `trained_on` None: not trained yet. `load_max` None: the rulebook's."""

    since: date | None = None
    term_until: date | None = None
    trained_on: date | None = None
    trained_by: str = ""
    load_max: int | None = None


def subject_of(row: BarRaiser) -> Subject:
    return Subject("bar-raiser", row.pk, f"{row.person} ({row.field})")


def join(
    person: Person, field: str, terms: Terms, *, actor: Actor, now: datetime, reason: str = ""
) -> BarRaiser:  # fmt: skip
    """Put somebody into the pool of a field. Raises `NotAllowed`, `Conflict` (they are in it), `InvalidInput`."""
    can_keep(actor, person, now).require()
    since = terms.since or now.date()
    until = terms.term_until or since + timedelta(days=rulebook.current().reviews.term_days)
    wrong = checking.field(field) | _wrong(since, until, terms)
    if person.left_at is not None and person.left_at <= now:
        wrong["person"] = "has left"
    checking.refuse(wrong)
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        if BarRaiser.objects.filter(person=person, field=field, ended_at__isnull=True).exists():
            raise Conflict(f"{person} is in the pool of {field}.", "Change the terms instead.")
        row = BarRaiser.objects.create(
            person=person, field=field, since=since, term_until=until, trained_on=terms.trained_on,
            trained_by=terms.trained_by.strip(), load_max=terms.load_max, added_by_id=actor.person_id, created_at=now,
        )  # fmt: skip
        data = {"field": field, "since": since.isoformat(), "term_until": until.isoformat()}
        name = EventName.BAR_RAISER_JOINED
        events.append(name, subject=subject_of(row), actor=actor, now=now, reason=reason, data=data)
        tell(
            now=now, subject=subject_of(row), event=name, text=f"You raise the bar in {field} from {since} on.",
            address="/reviews/pool/", persons=[person.pk], actor=actor, key=f"bar-raiser-{row.pk}-joined",
        )  # fmt: skip
    return row


def _wrong(since: date, until: date, terms: Terms) -> dict[str, str]:
    wrong = {}
    if until < since:
        wrong["term_until"] = "must be after the beginning"
    if len(terms.trained_by) > 200:
        wrong["trained_by"] = "has at most 200 characters"
    if terms.load_max is not None and not 1 <= terms.load_max <= 50:
        wrong["load_max"] = "must be from 1 to 50"
    return wrong


def _held(row: BarRaiser | int) -> BarRaiser:
    pk = row if isinstance(row, int) else row.pk
    found = BarRaiser.objects.select_for_update(of=("self",)).select_related("person").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no place {pk} in the pool.", "Look at the pool.")
    if found.ended_at is not None:
        raise Conflict(f"{found.person} has left the pool.", "Put them in again.")
    return found


def change(row: BarRaiser | int, terms: Terms, *, actor: Actor, now: datetime, reason: str = "") -> BarRaiser:
    """Change training, term and load of somebody in the pool. Raises `NotFound`, `NotAllowed`, `InvalidInput`."""
    with transaction.atomic():
        found = _held(row)
        can_keep(actor, found.person, now).require()
        since = terms.since or found.since
        until = terms.term_until or found.term_until or since
        checking.refuse(_wrong(since, until, terms))
        wanted = {
            "since": since, "term_until": until, "trained_on": terms.trained_on, "trained_by": terms.trained_by.strip(),
            "load_max": terms.load_max,
        }  # fmt: skip
        changes = {key: (_text(getattr(found, key)), _text(value)) for key, value in wanted.items()}
        for key, value in wanted.items():
            setattr(found, key, value)
        found.save()
        changed = {key: pair for key, pair in changes.items() if pair[0] != pair[1]}
        events.append(
            EventName.BAR_RAISER_UPDATED, subject=subject_of(found), actor=actor, now=now, reason=reason,
            changes=changed,
        )  # fmt: skip
    return found


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def leave(row: BarRaiser | int, *, words: str, actor: Actor, now: datetime) -> BarRaiser:
    """Take somebody out of the pool; what is assigned to them goes to others within minutes.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`.
    """
    words = words_of(words)
    with transaction.atomic():
        found = _held(row)
        can_leave(actor, found.person, now).require()
        found.ended_at, found.ended_why = now, words
        found.save()
        events.append(EventName.BAR_RAISER_ENDED, subject=subject_of(found), actor=actor, now=now, reason=words)
    return found


def be_away(person: Person, starts_on: date, ends_on: date, *, actor: Actor, now: datetime) -> Absence:
    """Note that a bar raiser is away on these days (both belong to it). Raises `NotAllowed`, `InvalidInput`."""
    can_be_away(actor, person, now).require()
    wrong = {}
    if ends_on < starts_on:
        wrong["ends_on"] = "must not be before the beginning"
    elif ends_on < now.date():
        wrong["ends_on"] = "is over"
    checking.refuse(wrong)
    with transaction.atomic():
        row = Absence.objects.create(
            person=person, starts_on=starts_on, ends_on=ends_on, noted_by_id=actor.person_id, noted_at=now
        )
        data = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
        subject = Subject("person", person.pk, str(person))
        events.append(EventName.BAR_RAISER_ABSENT, subject=subject, actor=actor, now=now, data=data)
    return row


def back(absence: Absence | int, *, actor: Actor, now: datetime) -> None:
    """Take an absence back. Raises `NotFound`, `NotAllowed`."""
    pk = absence if isinstance(absence, int) else absence.pk
    with transaction.atomic():
        row = Absence.objects.select_for_update(of=("self",)).select_related("person").filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such absence.", "Look at the pool.")
        can_be_away(actor, row.person, now).require()
        subject, data = Subject("person", row.person_id, str(row.person)), {"absence": str(row)}
        row.delete()
        events.append(EventName.BAR_RAISER_BACK, subject=subject, actor=actor, now=now, data=data)
