"""Discussions over HTTP: of whatever subject the actor may see."""

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from awayteam.discussions import actions, queries
from awayteam.discussions.models import Comment, CommentVersion
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Text, guarded

router = Router(tags=["discussions"])
Kind = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[a-z][a-z-]*$")]
Said = Annotated[str, StringConstraints(min_length=1, max_length=100_000), Field(description="Markdown")]


class CommentOut(Schema):
    """A comment. `text` is the Markdown, "" once it is deleted; `version` counts its edits."""

    id: int
    subject_kind: str
    subject_id: int
    author: str | None = Field(description="reference of a person; null for one who is gone, and for programs")
    author_label: str
    text: str
    version: int
    reply_to: int | None
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: str


class ThreadOut(Schema):
    """Comments in the order in which they were written; `older` is the `before` of what came before, if anything."""

    subject_kind: str
    subject_id: int
    label: str
    level: str | None = Field(description="what one chose to hear of the subject: all, turns, muted")
    comments: list[CommentOut]
    older: int | None


class ThreadQuery(Schema):
    before: Id | None = None


@router.get("/discussions/{subject_kind}/{subject_id}", response=ThreadOut)
def get_discussion(request: Request, subject_kind: Kind, subject_id: Id, query: Annotated[ThreadQuery, Query()]) -> Any:
    """What was said about a subject: its newest threads, each with its replies."""
    found = queries.thread(request.actor, subject_kind, subject_id, before=query.before)
    rows = [one for row in found.rows for one in (row, *row.replies)]
    return ThreadOut(
        subject_kind=found.subject.kind,
        subject_id=found.subject.id,
        label=found.subject.label,
        level=found.level,
        comments=[comment_of(row.comment) for row in sorted(rows, key=lambda row: row.comment.pk)],
        older=found.older,
    )


def comment_of(row: Comment) -> CommentOut:
    return CommentOut(
        id=row.pk,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        author=row.author.ref if row.author else None,
        author_label=row.author_label,
        text=row.text,
        version=row.number,
        reply_to=row.reply_to_id,
        at=row.at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by_label,
    )


class CommentIn(Body):
    text: Said
    reply_to: Id | None = None


@router.post("/discussions/{subject_kind}/{subject_id}", response={201: CommentOut})
def create_comment(request: Request, subject_kind: Kind, subject_id: Id, body: CommentIn) -> Any:
    """Say something about a subject; whom it mentions is told."""
    subject, _address = queries.subject_of(request.actor, subject_kind, subject_id)
    answered = queries.comment(request.actor, body.reply_to) if body.reply_to else None
    made = actions.comment(actor=request.actor, now=timezone.now(), subject=subject, text=body.text, reply_to=answered)
    return Status(201, comment_of(made))


@router.get("/comments/{comment_id}", response=CommentOut)
def get_comment(request: Request, comment_id: Id) -> Any:
    """One comment."""
    return comment_of(queries.comment(request.actor, comment_id))


class CommentChange(Body):
    text: Said


@router.patch("/comments/{comment_id}", response=CommentOut)
def edit_comment(request: Request, comment_id: Id, body: CommentChange) -> Any:
    """Change one's own comment; the earlier version is kept."""
    row = queries.comment(request.actor, comment_id)
    with guarded(request, row, lambda: comment_of(queries.comment(request.actor, comment_id))):
        changed = actions.edit(actor=request.actor, now=timezone.now(), comment=row, text=body.text)
    return comment_of(changed)


class ReasonQuery(Schema):
    reason: Annotated[Text, Field(max_length=2_000)] = ""


@router.delete("/comments/{comment_id}", response=CommentOut)
def delete_comment(request: Request, comment_id: Id, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a comment back: its author, or an administrator. Its place stays."""
    row = queries.comment(request.actor, comment_id)
    with guarded(request, row, lambda: comment_of(queries.comment(request.actor, comment_id))):
        gone = actions.delete(actor=request.actor, now=timezone.now(), comment=row, reason=query.reason)
    return comment_of(gone)


class VersionOut(Schema):
    """How a comment read from `written_at` until `ended_at`."""

    version: int
    text: str
    written_at: datetime
    ended_at: datetime


@router.get("/comments/{comment_id}/versions", response=list[VersionOut])
def list_comment_versions(request: Request, comment_id: Id) -> Any:
    """How a comment read before, the latest first; for its author and administrators."""
    row = queries.comment(request.actor, comment_id)
    return [version_of(one) for one in queries.versions(request.actor, row, timezone.now())]


def version_of(row: CommentVersion) -> VersionOut:
    return VersionOut(version=row.number, text=row.text, written_at=row.written_at, ended_at=row.ended_at)
