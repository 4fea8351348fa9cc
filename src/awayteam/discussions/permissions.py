"""Who may say what: whoever sees a subject may comment on it; a comment belongs to its author."""

from datetime import datetime
from enum import StrEnum

from awayteam.discussions import rules
from awayteam.discussions.models import Comment
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write


class Verb(StrEnum):
    """What can be done to a discussion (COMMENT) and to a comment."""

    COMMENT = "comment.create"
    DELETE = "comment.delete"
    EDIT = "comment.edit"
    SEE_VERSIONS = "comment.see-versions"


def can(actor: Actor, verb: Verb, comment: Comment | None, now: datetime) -> Decision:
    """Whether `actor`, who sees the subject, may do `verb`; `comment` is None for COMMENT."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if verb is not Verb.SEE_VERSIONS and not (writes := may_write(actor)):
        return writes
    if comment is None:
        if actor.person_id is None and actor.kind is not ActorKind.SYSTEM:
            return Decision(False, "Only people of the organisation take part in discussions.", "person")
        return Decision(True, "Whoever sees this may comment on it.", "sight")
    return _of_comment(actor, verb, comment, now)


def _of_comment(actor: Actor, verb: Verb, comment: Comment, now: datetime) -> Decision:
    if comment.deleted_at is not None and verb is not Verb.SEE_VERSIONS:
        return Decision(False, "This comment is deleted.", "deleted")
    own = actor.person_id is not None and actor.person_id == comment.author_id
    if verb is Verb.EDIT:
        if not own:
            return Decision(False, "Only its author may change a comment.", "author")
        until = rules.editable_until(comment.at, rulebook.current().discussions.edit_minutes)
        if until is not None and now > until:
            return Decision(False, "The time for changing this comment is over; write another one.", "edit-minutes")
        return Decision(True, "This is your comment.", "author")
    if own:
        return Decision(True, "This is your comment.", "author")
    if actor.is_administrator:
        return Decision(True, "Administrators look after discussions.", "administrator")
    return Decision(False, "Only its author and administrators may do this to a comment.", "author")
