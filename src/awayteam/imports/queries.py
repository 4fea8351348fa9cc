"""The health of sources, what is wrong with them, and their files. Everybody who is signed in may read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet

from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.permissions import hidden
from awayteam.imports.actions import shown
from awayteam.imports.permissions import Verb, can
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.sources.models import Duplicate, Finding, Source, SourceFile, SourceKind

Health = Literal["fresh", "stale", "failing", "never imported", "by hand"]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and how it is. `age` is the time since the last success, None where there was none; `bad_files` are
    shown with their last good version."""

    id: int
    name: str
    kind: str
    location: str
    ref: str
    globs: tuple[str, ...]
    watched: bool
    revision: str
    health: Health
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    age: timedelta | None
    last_error: str
    refresh_requested_at: datetime | None
    entities: int
    files: int
    bad_files: int
    errors: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One thing that is wrong: where, about which entity, what."""

    id: int
    path: str
    document: int | None
    line: int | None
    entity: str
    message: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file; `good_at` is the age of what is shown of it."""

    id: int
    path: str
    format: str
    good: bool
    read_at: datetime
    good_at: datetime | None
    entities: int
    errors: int


def importable() -> "QuerySet[Source]":
    """Sources that are read, that is all but what people enter by hand."""
    return Source.objects.exclude(kind=SourceKind.MANUAL).order_by("name")


def get(actor: Actor, name: str | int) -> Source:
    """The source of this name or id; raises `NotFound`, `NotAllowed`."""
    can(actor, Verb.VIEW).require()
    key: dict[str, Any] = {"pk": name} if isinstance(name, int) else {"name": name}
    found = Source.objects.filter(**key).first()
    if found is None:
        raise NotFound(f"There is no source {name!r}.", "`awayteam sources list` shows them all.")
    return found


def sources(actor: Actor, *, now: datetime) -> list[SourceRow]:
    """All sources by name, in five statements."""
    can(actor, Verb.VIEW).require()
    return _rows(Source.objects.order_by("name"), now)


def source(actor: Actor, name: str | int, *, now: datetime) -> SourceRow:
    """One source; raises `NotFound`."""
    found = get(actor, name)
    return _rows(Source.objects.filter(pk=found.pk), now)[0]


def _rows(queryset: "QuerySet[Source]", now: datetime) -> list[SourceRow]:
    found = list(queryset)
    ids = [one.pk for one in found]
    entities = _counts(Entity.objects.filter(source__in=ids, presence=Presence.PRESENT), "source")
    files = _counts(SourceFile.objects.filter(source__in=ids), "source")
    bad = _counts(SourceFile.objects.filter(source__in=ids, good=False), "source")
    errors = _counts(Finding.objects.filter(source__in=ids), "source")
    dropped = _counts(Duplicate.objects.filter(dropped_file__source__in=ids), "dropped_file__source")
    limit = timedelta(hours=rulebook.current().imports.stale_after_hours)
    return [
        SourceRow(
            id=one.pk,
            name=one.name,
            kind=one.kind,
            location=shown(one.location),
            ref=one.ref,
            globs=tuple(one.globs),
            watched=one.watched,
            revision=one.revision,
            health=_health(one, now, limit),
            last_attempt_at=one.last_attempt_at,
            last_success_at=one.last_success_at,
            age=now - one.last_success_at if one.last_success_at else None,
            last_error=one.last_error,
            refresh_requested_at=one.refresh_requested_at,
            entities=entities.get(one.pk, 0),
            files=files.get(one.pk, 0),
            bad_files=bad.get(one.pk, 0),
            errors=errors.get(one.pk, 0),
            duplicates=dropped.get(one.pk, 0),
        )
        for one in found
    ]


def _counts(queryset: "QuerySet[Any]", field: str) -> Mapping[int, int]:
    return dict(queryset.order_by().values_list(field).annotate(number=Count("pk")))


def _health(source: Source, now: datetime, limit: timedelta) -> Health:
    if source.kind == SourceKind.MANUAL:
        return "by hand"
    if source.last_error:
        return "failing"
    if source.last_success_at is None:
        return "never imported"
    return "stale" if now - source.last_success_at > limit else "fresh"


def findings(actor: Actor, source: Source, *, cursor: str | None = None, limit: int = 50) -> Page[FindingRow]:
    """What is wrong with a source, by file, document and line, but not with what the actor may not see."""
    can(actor, Verb.VIEW, source).require()
    rows = Finding.objects.filter(source=source).select_related("file").order_by("path", "pk")
    rows = rows.exclude(entity__in=hidden(actor).values("ref"))
    total = rows.count()
    if cursor:
        path, id = decode_cursor(cursor, str, int)
        rows = rows.filter(Q(path__gt=path) | Q(path=path, pk__gt=id))
    found = list(rows[: limit + 1])
    page = page_of(found, limit, lambda one: (one.path, one.pk), total)
    return page.map(
        lambda one: FindingRow(
            one.pk,
            one.path or (one.file.path if one.file else ""),
            one.document,
            one.line,
            one.entity,
            one.message,
            one.found_at,
        )
    )


def files(
    actor: Actor, source: Source, *, only_bad: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[FileRow]:
    """The files of a source by path, with what came of each."""
    can(actor, Verb.VIEW, source).require()
    rows = SourceFile.objects.filter(source=source).order_by("path")
    if only_bad:
        rows = rows.filter(good=False)
    total = rows.count()
    if cursor:
        rows = rows.filter(path__gt=decode_cursor(cursor, str)[0])
    found = list(rows[: limit + 1])
    ids = [one.pk for one in found]
    entities = _counts(Entity.objects.filter(file__in=ids, presence=Presence.PRESENT), "file")
    errors = _counts(Finding.objects.filter(file__in=ids), "file")
    page = page_of(found, limit, lambda one: (one.path,), total)
    return page.map(
        lambda one: FileRow(
            one.pk,
            one.path,
            one.format,
            one.good,
            one.read_at,
            one.good_at,
            entities.get(one.pk, 0),
            errors.get(one.pk, 0),
        )
    )


def as_json(row: SourceRow) -> dict[str, Any]:
    """The row in JSON values: times as ISO 8601, the age in seconds."""
    plain = asdict(row)
    for name, value in plain.items():
        if isinstance(value, datetime):
            plain[name] = value.isoformat()
    plain["age_seconds"] = int(row.age.total_seconds()) if row.age is not None else None
    del plain["age"]
    return plain
