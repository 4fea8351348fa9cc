"""What is kept of every file that was read: hash, problems, targets, and the documents that lost their claim."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction

from awayteam.imports.claims import Dropped, Protection
from awayteam.imports.records import clean
from awayteam.kernel import bulk
from awayteam.sources.declared import Problem, Target
from awayteam.sources.discovery import Remembered
from awayteam.sources.models import Duplicate, Finding, Source, SourceFile

BATCH = 2_000


@dataclass(slots=True)
class FileNotes:
    """One file as this run read it; `hash` is "" where it couldn't be read at all."""

    file_id: int
    path: str
    format: str
    hash: str
    needs: Mapping[str, str]
    targets: Sequence[Target]
    problems: Sequence[Problem]
    guard: Protection
    stamp: str = ""

    @property
    def good(self) -> bool:
        return bool(self.hash) and not self.guard.everything and not self.guard.refs


def remembered(source: Source) -> tuple[dict[str, int], dict[str, Remembered]]:
    """Ids and memories of the source's files by path. A file that was never applied has an id, but no memory."""
    ids: dict[str, int] = {}
    memory: dict[str, Remembered] = {}
    columns = ("pk", "path", "content_hash", "format", "needs", "targets", "stamp")
    for id, path, content_hash, format, needs, targets, stamp in source.files.values_list(*columns).iterator(
        chunk_size=5_000
    ):
        ids[path] = id
        if content_hash:
            memory[path] = Remembered(
                content_hash, format, needs or {}, tuple(Target(*target) for target in targets), stamp
            )
    return ids, memory


def number(source: Source, paths: Sequence[str], now: datetime) -> list[int]:
    """Rows for files that are new, still without a hash: nothing of them has been applied yet."""
    with transaction.atomic():
        ids = list(bulk.reserve_ids(SourceFile, len(paths)))
        columns = ["id", "source_id", "path", "format", "content_hash", "stamp", "good", "needs", "targets", "read_at"]
        rows = ((id, source.pk, path, "", "", "", True, "{}", "[]", now) for id, path in zip(ids, paths, strict=True))
        bulk.insert(SourceFile, columns, rows)
    return ids


def finish(source: Source, notes: Sequence[FileNotes], dropped: Iterable[Dropped], now: datetime) -> None:
    """Record that these files were applied: from now on they are only read again when they change."""
    lost: dict[int, list[Dropped]] = {}
    for one in dropped:
        lost.setdefault(one.file_id, []).append(one)
    for start in range(0, len(notes), BATCH):
        chunk = notes[start : start + BATCH]
        ids = [note.file_id for note in chunk]
        with transaction.atomic():
            Finding.objects.filter(file__in=ids, scope="file").delete()
            bulk.delete(Duplicate, "dropped_file_id", ids)
            _store(chunk, now)
            findings = (_finding(source, note, problem, now) for note in chunk for problem in note.problems)
            bulk.insert(Finding, FINDING_COLUMNS, findings)
            columns = ["ref", "kept_file_id", "dropped_file_id", "dropped_document", "dropped_line"]
            bulk.insert(Duplicate, columns, (one for id in ids for one in lost.get(id, ())))


FINDING_COLUMNS = ["scope", "source_id", "file_id", "path", "document", "line", "entity", "message", "found_at"]


def _store(notes: Sequence[FileNotes], now: datetime) -> None:
    for good, times in ((True, ["read_at", "good_at"]), (False, ["read_at"])):
        columns = ["format", "content_hash", "stamp", "good", "needs", "targets", *times]
        read = [note for note in notes if note.hash and note.good is good]
        bulk.update(SourceFile, columns, ((*_stored(note), *[now] * len(times)) for note in read))
    bulk.update(SourceFile, ["good", "read_at"], ((note.file_id, False, now) for note in notes if not note.hash))


def _stored(note: FileNotes) -> tuple[object, ...]:
    targets = [[one.target, one.line, one.document_index, one.required, one.entity] for one in note.targets]
    return (
        note.file_id,
        note.format,
        note.hash,
        note.stamp[:200],
        note.good,
        orjson.dumps(dict(note.needs)).decode() if note.needs else "{}",
        orjson.dumps(targets).decode() if targets else "[]",
    )


def _finding(source: Source, note: FileNotes | None, problem: Problem, now: datetime) -> tuple[object, ...]:
    return (
        "file" if note else "source",
        source.pk,
        note.file_id if note else None,
        clean(problem.file or (note.path if note else "")),
        problem.document,
        problem.line,
        clean(problem.entity or "")[:300],
        clean(problem.message),
        now,
    )


def note_stamps(stamps: Mapping[int, str]) -> None:
    """Files whose times changed but not their content needn't be opened the next time either."""
    bulk.update(SourceFile, ["stamp"], ((id, stamp[:200]) for id, stamp in stamps.items()))


def note_discovery(source: Source, problems: Iterable[Problem], now: datetime) -> None:
    """Replace what was wrong with finding the files."""
    with transaction.atomic():
        Finding.objects.filter(source=source, scope="source").delete()
        bulk.insert(Finding, FINDING_COLUMNS, (_finding(source, None, problem, now) for problem in problems))


def forget(ids: Sequence[int]) -> None:
    """Drop the rows of files that are gone. Documents that lost against them keep their claim on record."""
    for start in range(0, len(ids), BATCH):
        chunk = ids[start : start + BATCH]
        with transaction.atomic():
            Duplicate.objects.filter(kept_file__in=chunk).update(kept_file=None)
            bulk.delete(Duplicate, "dropped_file_id", chunk)
            Finding.objects.filter(file__in=chunk).delete()
            bulk.delete(SourceFile, "id", chunk)


def point_duplicates() -> None:
    """Every duplicate names the file that holds its reference now."""
    with connection.cursor() as cursor:
        cursor.execute(POINT_SQL)


POINT_SQL = """
UPDATE sources_duplicate SET kept_file_id =
  (SELECT e.file_id FROM catalog_entity e WHERE e.ref = sources_duplicate.ref AND e.presence = 1)
"""


def hidden(path: str, problems: Sequence[Problem]) -> bool:
    """Whether a file that wasn't found may merely stand in a folder that couldn't be read."""
    return any(
        problem.file == "" or path == problem.file or path.startswith(problem.file.rstrip("/") + "/")
        for problem in problems
    )
