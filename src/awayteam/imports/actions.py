"""What people and programs do with sources."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from awayteam.catalog import facets
from awayteam.catalog.models import Entity, Presence
from awayteam.imports import hooks
from awayteam.imports.apply import structure, vanish
from awayteam.imports.apply.session import Session
from awayteam.imports.lock import import_lock
from awayteam.imports.permissions import Verb, can
from awayteam.kernel import bulk, events, rulebook, worker
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.secrets import seal, unseal
from awayteam.sources.models import Duplicate, Finding, Source, SourceFile, SourceKind
from awayteam.sources.readers import is_remote, redacted

MAX_NAME = 200
PURPOSE = "source push"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source as somebody describes it. `location` is a path or an address; `globs` () means every known format."""

    location: str
    name: str = ""
    ref: str = ""
    globs: tuple[str, ...] = ()
    watched: bool = False


def source_for(wanted: Wanted, *, actor: Actor, now: datetime) -> Source:
    """The source at this place, made or brought in line with what is wanted; for `awayteam import`.

    A place that is known is the same source with other globs or at another ref; with a name of its own it is another.
    """
    location = absolute(wanted.location)
    same = Source.objects.filter(location=location).exclude(kind=SourceKind.MANUAL).order_by("pk")
    if wanted.name:
        found = same.filter(name=wanted.name).first()
    else:
        found = same.filter(ref=wanted.ref).first() or same.first()
    if found is None:
        return create(wanted, actor=actor, now=now)
    watched = found.watched or wanted.watched
    update(found, actor=actor, now=now, globs=wanted.globs, ref=wanted.ref, watched=watched)
    return found


def absolute(location: str) -> str:
    """A path in full, so that it means the same in every process; an address as it is."""
    location = location.strip()
    if not location or "\0" in location or len(location) > 4_000:
        raise InvalidInput("A source needs a path or an address.", "Name a folder, a file or a repository.")
    if is_remote(location):
        return location
    with suppress(RuntimeError):  # ~somebody where nobody is called that: a folder of that name, then
        return str(Path(location).expanduser().absolute())
    return str(Path(location).absolute())


def create(wanted: Wanted, *, actor: Actor, now: datetime) -> Source:
    """Add a source; nothing is read yet. Raises `NotAllowed`, `InvalidInput`, `Conflict`."""
    can(actor, Verb.CREATE, None, now).require()
    location = absolute(wanted.location)
    name = _free_name(wanted.name.strip() or _usual_name(location), fixed=bool(wanted.name.strip()))
    with transaction.atomic():
        source = Source.objects.create(
            name=name,
            kind=SourceKind.REMOTE if is_remote(location) else SourceKind.FOLDER,
            location=location,
            ref=wanted.ref,
            globs=list(wanted.globs),
            watched=wanted.watched,
            webhook_secret=seal(secrets.token_urlsafe(32), PURPOSE),
            created_at=now,
        )
        data = {"location": shown(location), "ref": wanted.ref, "globs": list(wanted.globs)}
        _event(EventName.SOURCE_CREATED, source, actor, now, data=data)
    return source


def shown(location: str) -> str:
    """A location for people to see: without any password in it."""
    return redacted(location) if is_remote(location) else location


def _usual_name(location: str) -> str:
    last = location.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return last[:MAX_NAME] or "source"


def _free_name(name: str, *, fixed: bool) -> str:
    if len(name) > MAX_NAME or "\0" in name:
        raise InvalidInput(f"A source's name has at most {MAX_NAME} characters.", "Shorten it.", {"name": "too long"})
    if not Source.objects.filter(name=name).exists():
        return name
    if fixed:
        raise Conflict(f"There is a source named {name!r} already.", "Choose another name.", {"name": "taken"})
    taken = set(Source.objects.filter(name__startswith=name[: MAX_NAME - 8]).values_list("name", flat=True))
    return next(one for n in range(2, len(taken) + 3) if (one := f"{name[: MAX_NAME - 8]} {n}") not in taken)


def update(
    source: Source,
    *,
    actor: Actor,
    now: datetime,
    globs: Sequence[str] | None = None,
    ref: str | None = None,
    watched: bool | None = None,
    reason: str = "",
) -> None:
    """Change what is read of a source; the next import follows."""
    can(actor, Verb.UPDATE, source, now).require()
    wanted = {"globs": None if globs is None else list(globs), "ref": ref, "watched": watched}
    changes = {
        name: (getattr(source, name), value)
        for name, value in wanted.items()
        if value is not None and value != getattr(source, name)
    }
    if not changes:
        return
    with transaction.atomic():
        for name, (_, value) in changes.items():
            setattr(source, name, value)
        source.save(update_fields=list(changes))
        _event(EventName.SOURCE_UPDATED, source, actor, now, reason=reason, changes=changes)


def rename(source: Source, name: str, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Give a source another name."""
    can(actor, Verb.RENAME, source, now).require()
    name = name.strip()
    if not name:
        raise InvalidInput("A source needs a name.", "Give it one.", {"name": "empty"})
    if name == source.name:
        return
    old = source.name
    with transaction.atomic():
        source.name = _free_name(name, fixed=True)
        source.save(update_fields=["name"])
        _event(EventName.SOURCE_RENAMED, source, actor, now, reason=reason, changes={"name": (old, name)})


def request_refresh(source: Source, *, actor: Actor, now: datetime) -> None:
    """Ask the worker to import this source at once."""
    can(actor, Verb.REFRESH, source, now).require()
    ask(source, now)
    _event(EventName.SOURCE_REFRESH_REQUESTED, source, actor, now)


def ask(source: Source, now: datetime) -> None:
    """Leave the request for the worker, and wake it where it runs in this process."""
    Source.objects.filter(pk=source.pk).update(refresh_requested_at=now)
    transaction.on_commit(worker.wake)


def receive_push(source_id: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """A forge says that a repository was pushed to; returns whether an import was asked for.

    Raises `NotSignedIn` for a wrong signature and for a source that doesn't exist, which are told apart to nobody, and
    `InvalidInput` for a body beyond any forge's.
    """
    if len(body) > hooks.MAX_BODY:
        raise InvalidInput("The body is too large.", f"At most {hooks.MAX_BODY} bytes are read.")
    source = Source.objects.exclude(kind=SourceKind.MANUAL).filter(pk=source_id).first()
    forge = hooks.verify(headers, body, push_secret(source) if source else secrets.token_urlsafe(32))
    if source is None or forge is None:
        raise NotSignedIn(
            "The signature doesn't fit.", "Enter the address and the secret of the source's page in the forge."
        )
    push = hooks.push(headers, body, forge)
    if not push.concerns(source.ref):
        return False
    caller = Actor(kind=ActorKind.SYSTEM, label=f"Push from {forge}", is_administrator=True)
    ask(source, now)
    _event(EventName.SOURCE_REFRESH_REQUESTED, source, caller, now, data={"forge": forge, "ref": push.ref})
    return True


def renew_secret(source: Source, *, actor: Actor, now: datetime) -> str:
    """A new secret for push webhooks; the old one stops working. Returns it, to be entered in the forge."""
    can(actor, Verb.UPDATE, source, now).require()
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        source.webhook_secret = seal(secret, PURPOSE)
        source.save(update_fields=["webhook_secret"])
        _event(EventName.SOURCE_UPDATED, source, actor, now, data={"webhook_secret": "renewed"})
    return secret


def show_secret(source: Source, *, actor: Actor, now: datetime) -> str:
    """The secret that must be entered in the forge, for those who look after sources."""
    can(actor, Verb.UPDATE, source, now).require()
    return push_secret(source)


def push_secret(source: Source) -> str:
    """The secret of pushes; "" where there is none, which fits no signature."""
    return unseal(source.webhook_secret, PURPOSE) if source.webhook_secret else ""


def remove(source: Source, *, actor: Actor, now: datetime, reason: str = "", wait_seconds: float = 60) -> None:
    """Take a source away. What only it declared becomes an orphan; what others declare too goes to them at once.

    Raises `Conflict` when an import keeps running for `wait_seconds`.
    """
    can(actor, Verb.REMOVE, source, now).require()
    if source.kind == SourceKind.MANUAL:
        raise Conflict(
            "What people entered by hand is no source that can be removed.", "Remove the entities one by one."
        )
    with import_lock(wait_seconds=wait_seconds):
        if not Source.objects.filter(pk=source.pk).exists():
            raise NotFound(f"There is no source {source.name!r} any more.")
        session = Session(source, actor, now, False, rulebook.current().catalog.edit_wins)
        held = Entity.objects.filter(source=source, presence=Presence.PRESENT)
        vanish.orphan(session, list(held.order_by("pk").values_list("pk", flat=True)))
        _take_over(source, actor, now)
        with transaction.atomic():
            data = {"orphaned": session.still_orphaned()}
            _event(EventName.SOURCE_REMOVED, source, actor, now, reason=reason, data=data)
            _drop(source)
            structure.arrange()


def _take_over(source: Source, actor: Actor, now: datetime) -> None:
    from awayteam.imports.engine import take_over_elsewhere

    take_over_elsewhere(source, actor, now)


def _drop(source: Source) -> None:
    """Delete the source with its files and findings, without walking over every entity."""
    files = list(source.files.values_list("pk", flat=True))
    Finding.objects.filter(source=source).delete()
    Duplicate.objects.filter(kept_file__in=source.files.values("pk")).update(kept_file=None)
    bulk.delete(Duplicate, "dropped_file_id", files)
    bulk.delete(SourceFile, "id", files)
    facets.forget_source(source.pk)
    source.delete()


def _event(
    name: EventName,
    source: Source,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
    changes: Mapping[str, tuple[object, object]] | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    subject = Subject("source", source.pk, source.name)
    events.append(name, subject=subject, actor=actor, now=now, reason=reason, changes=changes, data=data)
