"""Saying something, saying it better, and taking it back."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from awayteam.discussions import rules
from awayteam.discussions.models import Comment, CommentVersion
from awayteam.discussions.permissions import Verb, can
from awayteam.kernel import events, markdown, rulebook, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.markdown import Reference
from awayteam.notifications import actions as notifications
from awayteam.notifications.rules import Group

SHOWN = 160
"""Characters of a comment that a notification quotes."""


def comment(*, actor: Actor, now: datetime, subject: Subject, text: str, reply_to: Comment | None = None) -> Comment:
    """Say something about `subject`, in Markdown; a reply belongs to the thread of the comment that it answers.

    Whom it mentions is told, and whoever follows the subject; its author follows it from now on. Raises `NotFound`
    where the actor may not see the subject, `NotAllowed`, `InvalidInput`, `Conflict` (the answered one is elsewhere).
    """
    page = _page(actor, subject)
    can(actor, Verb.COMMENT, None, now).require()
    _check(text)
    root = _root(subject, reply_to)
    with transaction.atomic():
        made = Comment.objects.create(
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject_label=subject.label[:300],
            author_id=actor.person_id,
            author_label=actor.label[:200],
            text=text,
            reply_to=root,
            at=now,
        )
        data = {"comment": made.pk, "reply_to": root.pk if root else None}
        events.append(EventName.COMMENT_CREATED, subject=subject, actor=actor, now=now, data=data)
        _tell(made, subject, page, actor, now, mentioned(actor, text), EventName.COMMENT_CREATED)
        if actor.person_id is not None:
            notifications.follow_by_taking_part(person=actor.person_id, now=now, subject=subject)
    return made


def edit(*, actor: Actor, now: datetime, comment: Comment, text: str) -> Comment:
    """Change a comment of one's own; the earlier version is kept, and whom only the new one mentions is told.

    Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict` (somebody was faster).
    """
    subject = Subject(comment.subject_kind, comment.subject_id, comment.subject_label)
    page = _page(actor, subject)
    can(actor, Verb.EDIT, comment, now).require()
    _check(text)
    if text == comment.text:
        return comment
    with transaction.atomic():
        held = _hold(comment)
        before = mentioned(actor, held.text)
        _keep(held, now)
        held.text, held.edited_at, held.number = text, now, held.number + 1
        held.save(update_fields=["text", "edited_at", "number"])
        data = {"comment": held.pk, "version": held.number}
        events.append(EventName.COMMENT_EDITED, subject=subject, actor=actor, now=now, data=data)
        known = {(one.kind, one.id) for one in before}
        new = [one for one in mentioned(actor, text) if (one.kind, one.id) not in known]
        if new:
            _tell(held, subject, page, actor, now, new, EventName.COMMENT_EDITED)
    return held


def delete(*, actor: Actor, now: datetime, comment: Comment, reason: str = "") -> Comment:
    """Take a comment back. Its place stays and says who deleted it; its text is kept for author and administrators.

    Raises `NotFound`, `NotAllowed`, `Conflict`.
    """
    subject = Subject(comment.subject_kind, comment.subject_id, comment.subject_label)
    _page(actor, subject)
    can(actor, Verb.DELETE, comment, now).require()
    with transaction.atomic():
        held = _hold(comment)
        _keep(held, now)
        held.text, held.deleted_at, held.deleted_by_label = "", now, actor.label[:200]
        held.save(update_fields=["text", "deleted_at", "deleted_by_label"])
        data = {"comment": held.pk}
        events.append(EventName.COMMENT_DELETED, subject=subject, actor=actor, now=now, reason=reason, data=data)
    return held


def mentioned(actor: Actor, text: str) -> list[Reference]:
    """The people and teams that a text mentions."""
    known = markdown.resolve(actor, markdown.parse(text).names)
    return [one for one in dict.fromkeys(known.values()) if one.kind in {"person", "team"}]


def _page(actor: Actor, subject: Subject) -> str:
    """The address of the subject's page, or of its discussion where it has none. Raises `NotFound`."""
    seen = subjects.seen_by(actor, subject.kind, [subject.id])
    if subject.id not in seen:
        raise NotFound(f"There is no {subject.kind} {subject.id}.")
    return seen[subject.id] or reverse("discussion", args=[subject.kind, subject.id])


def _check(text: str) -> None:
    problem = rules.text_problem(text, rulebook.current().discussions.length_max)
    if problem:
        raise InvalidInput(f"This comment can't be kept: {problem}.", fields={"text": problem})


def _root(subject: Subject, reply_to: Comment | None) -> Comment | None:
    """The comment that began the thread of the one that is answered."""
    if reply_to is None:
        return None
    if (reply_to.subject_kind, reply_to.subject_id) != (subject.kind, subject.id):
        raise Conflict("The comment that this answers belongs to something else.", "Answer it where it stands.")
    return reply_to.reply_to or reply_to


def _hold(comment: Comment) -> Comment:
    """The comment as the actor read it, held until the transaction ends."""
    held = Comment.objects.select_for_update().filter(pk=comment.pk).first()
    if held is None or held.deleted_at is not None or held.number != comment.number:
        raise Conflict("This comment has changed meanwhile.", "Look at it again.")
    return held


def _keep(held: Comment, now: datetime) -> None:
    CommentVersion.objects.create(
        comment=held, number=held.number, text=held.text, written_at=held.edited_at or held.at, ended_at=now
    )


def _tell(
    made: Comment,
    subject: Subject,
    page: str,
    actor: Actor,
    now: datetime,
    whom: list[Reference],
    event: EventName,
) -> None:
    quoted = markdown.words(made.text)
    quoted = quoted if len(quoted) <= SHOWN else quoted[: SHOWN - 1] + "…"
    if event is EventName.COMMENT_EDITED and not whom:
        return
    notifications.tell(
        now=now,
        subject=subject,
        event=event,
        text=f"{actor.label} commented on {subject.label}: {quoted}",
        address=f"{page}#comment-{made.pk}",
        persons=[one.id for one in whom if one.kind == "person"],
        teams=[one.id for one in whom if one.kind == "team"],
        actor=actor,
        key=f"comment-{made.pk}",
        group=Group.MENTION,
    )
