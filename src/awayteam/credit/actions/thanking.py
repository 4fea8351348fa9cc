"""Thanking somebody in words, where others read them: a comment on what it was for, and an entry that links to it."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from awayteam.credit.deriving import record
from awayteam.credit.models import Entry
from awayteam.credit.permissions import takes_part
from awayteam.credit.rules import Kind
from awayteam.discussions.actions import comment
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible as engagements_seen
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Person
from awayteam.requests.models import Request
from awayteam.requests.permissions import visible as requests_seen
from awayteam.stories.stepping import words_of

ABOUT = ("engagement", "request")
"""Kinds of things for which one thanks: others know then what it was about."""


def subject_of(actor: Actor, kind: str, pk: int, now: datetime) -> Subject:
    """What somebody is thanked for. Raises `InvalidInput` for another kind, `NotFound` for what one doesn't see."""
    title: str | None = None
    if kind == "engagement":
        title = engagements_seen(actor, Engagement.objects.filter(pk=pk), now).values_list("title", flat=True).first()
    elif kind == "request":
        title = requests_seen(actor, Request.objects.filter(pk=pk), now).values_list("title", flat=True).first()
    else:
        raise InvalidInput(f"One thanks for an {' or a '.join(ABOUT)}.", "Write engagement:12.", {"about": "unknown"})
    if title is None:
        raise NotFound(f"There is no {kind} {pk}.", "Look at the list.")
    return Subject(kind, pk, title[:300])


def thank(person: Person, about: Subject, *, actor: Actor, now: datetime, words: str) -> Entry:
    """Thank `person` for what they did in `about`, an engagement or a request; once for each thing.

    Raises `NotAllowed` (oneself, a token that only reads), `InvalidInput` (no words), `NotFound`, `Conflict` (again).
    """
    takes_part(actor).require()
    if actor.person_id is None:
        raise NotAllowed("Only people thank.", "Say for whom, with --as.")
    if actor.person_id == person.pk:
        raise NotAllowed("Nobody thanks themselves.", "Let those speak whom you helped.")
    said = words_of(words, what="words")
    subject = subject_of(actor, about.kind, about.id, now)
    if _was_thanked(person, subject, actor.person_id):
        raise Conflict(f"You thanked {person} for this already.", "Comment on it instead.")
    with transaction.atomic():
        made = comment(actor=actor, now=now, subject=subject, text=f"Thanks to @{person.ref}: {said}")
        data = {"person": person.pk, "comment": made.pk, "words": said}
        event = events.append(
            EventName.CREDIT_THANKED, subject=subject, actor=actor, now=now, reason=said[:2000], data=data
        )
        record(event)
        entry = Entry.objects.get(kind=Kind.THANKS.value, evidence_kind="comment", evidence_id=made.pk)
        tell(
            now=now, subject=subject, event=EventName.CREDIT_THANKED, text=f"{actor.label} thanks you: {said[:160]}",
            address=reverse("credit_entry", args=[entry.pk]), persons=[person.pk], group=Group.TURN, actor=actor,
            key=f"thanks-{event.pk}",
        )  # fmt: skip
    return entry


def _was_thanked(person: Person, subject: Subject, by: int) -> bool:
    rows = Entry.objects.filter(kind=Kind.THANKS.value, person=person, given_by=by)
    return rows.filter(subject_kind=subject.kind, subject_id=subject.id).exists()
