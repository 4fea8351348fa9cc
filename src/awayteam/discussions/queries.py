"""Every read of discussions: what was said about a subject, and how it can be gone on with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from markupsafe import Markup

from awayteam.discussions.models import Comment, CommentVersion
from awayteam.discussions.permissions import Verb, can
from awayteam.kernel import markdown, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.kernel.permissions import Decision
from awayteam.notifications.queries import level_of
from awayteam.notifications.rules import Level
from awayteam.organisation.models import Person

NEWEST = 100
"""Threads that a page shows; the older ones are a page further."""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment as it is shown. `html` is None for a deleted one; `may_edit` and `may_delete` give their reasons."""

    comment: Comment
    author: Person | None
    html: Markup | None
    may_edit: Decision
    may_delete: Decision
    replies: "Sequence[CommentRow]" = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """The discussion of a subject, oldest first. `older` is the cursor of what came before, None for nothing.

    `count` is how many comments are shown that aren't deleted; `level` is what the reader chose to hear of the subject.
    """

    subject: Subject
    address: str
    rows: Sequence[CommentRow]
    count: int
    older: int | None
    level: Level | None
    may_comment: Decision


def subject_of(actor: Actor, kind: str, id: int) -> tuple[Subject, str]:
    """The subject as people call it, and the address of its page ("" for none).

    Raises `NotFound` where there is none that the actor may see.
    """
    seen = subjects.seen_by(actor, kind[:30], [id])
    last = Event.objects.filter(subject_kind=kind[:30], subject_id=id).order_by("-pk") if id in seen else None
    label = last.values_list("subject_label", flat=True).first() if last is not None else None
    if id not in seen or label is None:
        raise NotFound(f"There is no {kind[:30]} {id}.")
    return Subject(kind, id, label), seen[id]


def thread(actor: Actor, kind: str, id: int, *, before: int | None = None, now: datetime | None = None) -> Thread:
    """The discussion of a subject. Raises `NotFound` where the actor may not see it."""
    subject, address = subject_of(actor, kind, id)
    return thread_of(actor, subject, address=address, before=before, now=now)


def thread_of(
    actor: Actor, subject: Subject, *, address: str = "", before: int | None = None, now: datetime | None = None
) -> Thread:
    """As `thread`, for a page that has found out already that the actor sees its subject: two statements without
    mentions, four or five with them."""
    now = now or timezone.now()
    whole = Comment.objects.filter(subject_kind=subject.kind, subject_id=subject.id)
    roots = whole.filter(reply_to=None) if before is None else whole.filter(reply_to=None, pk__lt=before)
    ids = list(roots.order_by("-pk").values_list("pk", flat=True)[: NEWEST + 1])
    shown = ids[:NEWEST]
    among = Q(pk__in=shown) | Q(reply_to__in=shown)
    comments = list(whole.filter(among).select_related("author").order_by("pk")) if shown else []
    return Thread(
        subject=subject,
        address=address,
        rows=rows(actor, comments, now),
        count=sum(comment.deleted_at is None for comment in comments),
        older=shown[-1] if len(ids) > NEWEST else None,
        level=level_of(actor, subject.kind, subject.id),
        may_comment=can(actor, Verb.COMMENT, None, now),
    )


def rows(actor: Actor, comments: Sequence[Comment], now: datetime) -> list[CommentRow]:
    """Comments as threads; names in all of them are looked up together."""
    parsed = {comment.pk: markdown.parse(comment.text) for comment in comments if comment.deleted_at is None}
    known = markdown.resolve(actor, frozenset[str]().union(*(one.names for one in parsed.values())))
    replies: dict[int, list[CommentRow]] = defaultdict(list)
    ids = {comment.pk for comment in comments}

    def row(comment: Comment) -> CommentRow:
        return CommentRow(
            comment=comment,
            author=comment.author,
            html=parsed[comment.pk].html(known) if comment.pk in parsed else None,
            may_edit=can(actor, Verb.EDIT, comment, now),
            may_delete=can(actor, Verb.DELETE, comment, now),
            replies=replies[comment.pk],
        )

    roots = []
    for comment in comments:
        made = row(comment)
        if comment.reply_to_id in ids and comment.reply_to_id is not None:
            replies[comment.reply_to_id].append(made)
        else:
            roots.append(made)
    return roots


def comment(actor: Actor, id: int) -> Comment:
    """One comment of a subject that the actor may see. Raises `NotFound`."""
    found = Comment.objects.select_related("author").filter(pk=id).first()
    if found is None or found.subject_id not in subjects.seen_by(actor, found.subject_kind, [found.subject_id]):
        raise NotFound("There is no such comment.")
    return found


def versions(actor: Actor, comment: Comment, now: datetime) -> list[CommentVersion]:
    """How a comment read before, the latest first. Raises `NotAllowed` for others than its author."""
    can(actor, Verb.SEE_VERSIONS, comment, now).require()
    return list(comment.versions.order_by("-number"))


def box(request: Any, subject: Subject, *, address: str) -> dict[str, Any]:
    """What a story's page hands to `discussions/box.html`; the page has found out that its reader sees the subject.

    `?before=` in the address leads to older comments.
    """
    text = request.GET.get("before", "")
    before = int(text) if text.isdecimal() and len(text) < 19 else None
    return {"thread": thread_of(request.actor, subject, address=address, before=before)}
