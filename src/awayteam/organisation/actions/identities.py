"""Names under which people are known elsewhere, put right by hand where files are wrong."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation import changed, facts, rules
from awayteam.organisation.models import Confidence, Identity, Person
from awayteam.organisation.permissions import Verb, can

MAX_PROVIDER, MAX_VALUE = 40, 320


def add_identity(*, actor: Actor, now: datetime, person: Person, provider: str, value: str, reason: str) -> Identity:
    """Say that a person is known as `value` at `provider` ("github", "email", ...).

    What a person says of somebody else needs an administrator; only a sign-in proves an identity, so that a person's
    own word is "declared" and an administrator's "confirmed". Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    can(actor, Verb.IDENTIFY, person, now).require()
    rules.require_reason(reason)
    provider, value = _checked(provider, value)
    with transaction.atomic():
        _free(provider, value)
        row = Identity.objects.create(
            person=person,
            provider=provider,
            value=value,
            value_key=value.casefold()[:MAX_VALUE],
            confidence=Confidence.CONFIRMED if actor.is_administrator else Confidence.DECLARED,
            evidence=f"{actor.label}: {reason}",
            created_at=now,
        )
        changed.tell(person)
        data = {"provider": provider, "value": value}
        events.append(
            EventName.IDENTITY_ADDED, subject=_subject(person), actor=actor, now=now, reason=reason, data=data
        )
    return row


def correct_identity(*, actor: Actor, now: datetime, identity: Identity, person: Person, reason: str) -> None:
    """Give an identity to the person whose it is. Administrators only; no source takes it back."""
    can(actor, Verb.IDENTIFY, identity.person, now).require()
    can(actor, Verb.IDENTIFY, person, now).require()
    rules.require_reason(reason)
    with transaction.atomic():
        row = Identity.objects.select_for_update(of=("self",)).select_related("person").get(pk=identity.pk)
        if row.person_id == person.pk:
            raise Conflict(f"{row} belongs to {person} already.", "Nothing needs to be changed.")
        old = row.person
        row.person, row.source, row.confidence = person, None, Confidence.CONFIRMED
        row.evidence = f"{actor.label}: {reason}"
        row.save(update_fields=["person", "source", "confidence", "evidence"])
        changed.tell(old, person)
        changes = {"person": (old.ref, person.ref)}
        data = {"provider": row.provider, "value": row.value}
        for one in (old, person):
            events.append(
                EventName.IDENTITY_CORRECTED,
                subject=_subject(one),
                actor=actor,
                now=now,
                reason=reason,
                changes=changes,
                data=data,
            )


def remove_identity(*, actor: Actor, now: datetime, identity: Identity, reason: str) -> None:
    """Take an identity away. A source that still declares it doesn't bring it back."""
    can(actor, Verb.IDENTIFY, identity.person, now).require()
    rules.require_reason(reason)
    with transaction.atomic():
        data = {"provider": identity.provider, "value": identity.value}
        subject = _subject(identity.person)
        events.append(EventName.IDENTITY_REMOVED, subject=subject, actor=actor, now=now, reason=reason, data=data)
        Identity.objects.filter(pk=identity.pk).delete()
        changed.tell(identity.person)


def _checked(provider: str, value: str) -> tuple[str, str]:
    provider, value = provider.strip().lower(), value.strip()
    problems = {}
    if not provider or len(provider) > MAX_PROVIDER or not provider.isprintable():
        problems["provider"] = f"name the place, in at most {MAX_PROVIDER} characters, such as github or email"
    if not value or len(value) > MAX_VALUE or not value.isprintable():
        problems["value"] = f"must be a name of 1 to {MAX_VALUE} printable characters"
    elif provider == "email" and (problem := facts.wrong_of_person("email", value)):
        problems["value"] = problem
    if problems:
        raise InvalidInput("The identity can't be used.", "Mend what is listed.", problems)
    return provider, value


def _free(provider: str, value: str) -> None:
    taken = Identity.objects.select_related("person").filter(provider=provider, value_key=value.casefold()[:MAX_VALUE])
    holder = taken.first()
    if holder is not None:
        raise Conflict(f"{holder} belongs to {holder.person} already.", "Ask an administrator to correct it.")


def _subject(person: Person) -> Subject:
    return Subject("person", person.pk, str(person))
