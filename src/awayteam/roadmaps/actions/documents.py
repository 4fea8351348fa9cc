"""Press releases with their questions and answers: written before the thing is built, kept in versions."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Team
from awayteam.organisation.rules import require_reason
from awayteam.roadmaps import facts
from awayteam.roadmaps.models import Document, DocumentVersion, Goal, Item
from awayteam.roadmaps.permissions import Verb, can


def create_document(
    *,
    actor: Actor,
    now: datetime,
    team: Team,
    title: str,
    text: str,
    goals: Iterable[Goal] = (),
    items: Iterable[Item] = (),
    reason: str,
) -> Document:
    """Begin a document with its first version; its address is made from the title.

    Raises `NotAllowed`, `InvalidInput`.
    """
    can(actor, Verb.EDIT, team, now).require()
    require_reason(reason)
    _check(title, text)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        row = Document.objects.create(
            team=team, title=title.strip(), slug=_free_slug(team, title), created_at=now, updated_at=now
        )
        row.goals.set(goals)
        row.items.set(items)
        version = _add(row, text, actor, now, reason)
        data = {"team": team.pk, "sha256": version.sha256, "version": version.number}
        events.append(EventName.DOCUMENT_CREATED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
    return row


def write_document(
    *, actor: Actor, now: datetime, document: Document, title: str, text: str, reason: str, base: int | None = None
) -> Document:
    """Write another version. `base` is the version that was edited: where it isn't the newest any more, `Conflict`."""
    can(actor, Verb.EDIT, document.team, now).require()
    require_reason(reason)
    _check(title, text)
    with transaction.atomic():
        row = _held(document)
        if base is not None and base != row.latest:
            raise Conflict(
                f"Version {row.latest} was written meanwhile; yours is based on version {base}.",
                "Compare the two, and write your change into the newest.",
            )
        newest = DocumentVersion.objects.get(document=row, number=row.latest)
        if newest.text == text and row.title == title.strip():
            raise Conflict("The text is like that already.", "Nothing needs to be changed.")
        changes = {"title": (row.title, title.strip())} if row.title != title.strip() else {}
        row.title = title.strip()
        version = _add(row, text, actor, now, reason)
        data = {"team": row.team_id, "sha256": version.sha256, "version": version.number}
        events.append(
            EventName.DOCUMENT_WRITTEN, subject=subject(row), actor=actor, now=now, reason=reason,
            changes=changes or None, data=data,
        )  # fmt: skip
    return row


def link_document(
    *,
    actor: Actor,
    now: datetime,
    document: Document,
    goals: Iterable[Goal],
    items: Iterable[Item],
    reason: str,
) -> Document:
    """Say which goals and items a document is about, in place of those it named before."""
    can(actor, Verb.EDIT, document.team, now).require()
    require_reason(reason)
    with transaction.atomic():
        row = _held(document)
        old = {"goals": _titles(row.goals.all()), "items": _titles(row.items.all())}
        row.goals.set(goals)
        row.items.set(items)
        new = {"goals": _titles(row.goals.all()), "items": _titles(row.items.all())}
        if old == new:
            raise Conflict("The document names these already.", "Nothing needs to be changed.")
        changes = {name: (old[name], new[name]) for name in new if old[name] != new[name]}
        events.append(
            EventName.DOCUMENT_LINKED, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes
        )
    return row


def _titles(rows: Iterable[Goal | Item]) -> list[str]:
    return sorted(str(row) for row in rows)


def _check(title: str, text: str) -> None:
    problems: dict[str, str] = {}
    facts.text(problems, "title", title, facts.LONGEST_TITLE, needed=True)
    facts.text(problems, "text", text, facts.LONGEST_TEXT, needed=True)
    facts.refuse(problems, "The document can't be used like that.")


def _free_slug(team: Team, title: str) -> str:
    wanted = facts.slug(title)
    taken = set(Document.objects.filter(team=team, slug__startswith=wanted).values_list("slug", flat=True))
    return wanted if wanted not in taken else next(
        made for number in range(2, len(taken) + 3) if (made := f"{wanted}-{number}") not in taken
    )  # fmt: skip


def _add(row: Document, text: str, actor: Actor, now: datetime, reason: str) -> DocumentVersion:
    row.latest, row.updated_at = row.latest + 1, now
    row.save()
    return DocumentVersion.objects.create(
        document=row, number=row.latest, text=text, written_by_id=actor.person_id, at=now, reason=reason,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip


def _held(document: Document) -> Document:
    row = Document.objects.select_for_update(of=("self",)).select_related("team").filter(pk=document.pk).first()
    if row is None:
        raise NotFound("There is no such document.")
    return row


def subject(document: Document) -> Subject:
    return Subject("document", document.pk, document.title)
