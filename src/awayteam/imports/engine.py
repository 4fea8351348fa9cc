"""One import: read what changed, settle who declares what, write it batch by batch, then see to what vanished.

Every batch leaves its entities whole, and a file counts as applied only after all of its entities are written. A run
that is killed at any moment therefore loses nothing: the next one reads the unfinished files again and goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from awayteam.catalog import search
from awayteam.catalog.models import Entity, Presence
from awayteam.imports import files, foreignkeys, takeover
from awayteam.imports.apply import edges, entities, identities, memberships, people, rename, structure, vanish
from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.imports.claims import NO_PROTECTION, Held, Settlement, protection, settle
from awayteam.imports.documents import Documents, Packed, pack
from awayteam.imports.files import FileNotes
from awayteam.imports.lock import import_lock
from awayteam.imports.reading import Opened, opened
from awayteam.imports.recognise import renamed
from awayteam.imports.results import ImportResult, result_of
from awayteam.kernel import bulk, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Unavailable
from awayteam.kernel.events import EventName, Subject
from awayteam.sources.declared import RelationType
from awayteam.sources.discovery import Discovery, Found
from awayteam.sources.models import Source
from awayteam.sources.parsing import collection_paused
from awayteam.sources.readers import ReadError

BATCH = 4_000
"""Entities in a transaction: long enough to be fast, short enough that others needn't wait."""
LARGE = 5_000
"""Changed entities from which on an import puts the search index and the planner's numbers in order."""
WAIT_SECONDS = 600.0

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it, and of how much as far as known."""


def run(
    source: Source,
    *,
    actor: Actor,
    now: datetime,
    progress: Progress | None = None,
    workers: int = 2,
    wait_seconds: float = WAIT_SECONDS,
    quiet: bool = False,
) -> ImportResult:
    """Bring the catalog in line with `source`. Waits for another import to end, at most `wait_seconds` (`Conflict`).
    With `quiet` a run that finds nothing new leaves no event, for those who look every few seconds.

    Raises `Unavailable` where the source as a whole can't be read; then everything stays as it was, and the source
    keeps the error.
    """
    with import_lock(wait_seconds=wait_seconds), bulk.tuned():
        foreignkeys.restore()
        source.refresh_from_db()
        try:
            with opened(source) as reader:
                result = Run(source, actor, now, reader, progress or (lambda *_: None), workers, quiet).go()
        except (ReadError, ValueError, OSError) as error:
            Source.objects.filter(pk=source.pk).update(last_attempt_at=now, last_error=str(error)[:2000])
            answered(source)
            said = str(error).rstrip(". ")
            raise Unavailable(f"{source.name} can't be read: {said}.", "Mend it, then import again.") from error
        return result


def take_over_elsewhere(source: Source, actor: Actor, now: datetime) -> None:
    """What `source` gave up and another source declares too goes to that one."""
    for other, paths in takeover.elsewhere(source):
        try:
            with opened(other, refresh=False) as reader:
                Run(other, actor, now, reader, lambda *_: None, 1).take_over(paths)
        except (ReadError, ValueError, OSError):
            Source.objects.filter(pk=other.pk, refresh_requested_at=None).update(refresh_requested_at=now)


def answered(source: Source) -> None:
    """The request that was open when the run began has been served; one that came meanwhile stays."""
    asked = source.refresh_requested_at
    Source.objects.filter(pk=source.pk, refresh_requested_at=asked).update(refresh_requested_at=None)


@dataclass(slots=True)
class Run:
    """The state of one run."""

    source: Source
    actor: Actor
    now: datetime
    reader: Opened
    progress: Progress
    workers: int
    quiet: bool = False
    documents: Documents = field(init=False)
    notes: dict[int, FileNotes] = field(default_factory=dict)
    paths: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    result: ImportResult | None = None

    def go(self) -> ImportResult:
        self.documents = Documents(settings.DATA)
        try:
            session = self.session()
            discovery = self.read()
            self.write(session)
            take_over_elsewhere(self.source, self.actor, self.now)
            self.finish(session, discovery)
            if session.created + session.updated >= LARGE:
                search.optimise()
        finally:
            self.documents.close()
        assert self.result is not None
        return self.result

    def take_over(self, paths: Mapping[int, str]) -> None:
        """Read these files of the source again although they haven't changed, for claims that are free now."""
        self.documents = Documents(settings.DATA)
        try:
            self._read_again(paths)
            session = self.session()
            self.write(session)
            with transaction.atomic():
                structure.examine(session)
                files.point_duplicates()
        finally:
            self.documents.close()

    def session(self) -> Session:
        first = self.source.last_success_at is None
        return Session(self.source, self.actor, self.now, first, rulebook.current().catalog.edit_wins)

    # -- reading

    def read(self) -> Discovery:
        """Read every file that changed; afterwards `notes` and `documents` hold them by their ids."""
        ids, memory = files.remembered(self.source)
        discovery = Discovery(
            self.reader.reader,
            self.source.globs,
            remembered=memory,
            workers=self.workers,
            pack=pack,
            progress=lambda done, total, _path: self.progress("Reading files", done, total),
        )
        seen: set[str] = set()
        fresh: list[str] = []
        with collection_paused():
            stamps = self._take_all(discovery, ids, seen, fresh)
        if self.source.globs and ids and not seen:
            globs = ", ".join(self.source.globs)
            raise ReadError(f"no file matches {globs}; what was read before stays as it is")
        files.note_stamps({ids[path]: stamp for path, stamp in stamps.items() if memory[path].stamp != stamp})
        self._number(fresh)
        lost = [path for path in ids if path not in seen and not files.hidden(path, self.reader.reader.problems)]
        self.gone = {ids[path] for path in lost}
        self.paths = {note.file_id: note.path for note in self.notes.values()}
        return discovery

    def _take_all(
        self, discovery: Discovery, ids: Mapping[str, int], seen: set[str], fresh: list[str]
    ) -> dict[str, str]:
        """Take every file that changed; `seen` gets all paths, `fresh` the new ones, numbered downwards from -1.

        Returns the stamps of unchanged ones."""
        stamps: dict[str, str] = {}
        for found in discovery:
            seen.add(found.path)
            if found.reading is None:
                stamps[found.path] = discovery.stamp(found.path)
                continue
            file_id = ids.get(found.path)
            if file_id is None:
                fresh.append(found.path)
                file_id = -len(fresh)
            self._take(file_id, found, discovery.stamp(found.path))
        return stamps

    def _take(self, file_id: int, found: Found, stamp: str = "") -> None:
        reading = found.reading
        assert reading is not None
        packed: Packed = found.packed or pack(reading.declared)
        self.documents.add(file_id, packed)
        guard = NO_PROTECTION
        if reading.problems:
            guard = protection(reading.problems, list(zip(packed.refs, packed.indexes, strict=True)))
        self.notes[file_id] = FileNotes(
            file_id, found.path, found.format, found.hash, found.needs, reading.targets, reading.problems, guard, stamp
        )

    def _number(self, fresh: list[str]) -> None:
        ids = files.number(self.source, fresh, self.now)
        real = {-place: id for place, id in enumerate(ids, start=1)}
        self.documents.renumber(real)
        for note in self.notes.values():
            note.file_id = real.get(note.file_id, note.file_id)
        self.notes = {note.file_id: note for note in self.notes.values()}

    # -- settling and writing

    def write(self, session: Session) -> None:
        settlement = self._settle()
        renamed_ids = self._rename(session, settlement)
        order = self.documents.in_writing_order(settlement.winners.values())
        with foreignkeys.checked_at_the_end(len(order)):
            for start in range(0, len(order), BATCH):
                self.progress("Writing entities", start, len(order))
                self._batch(session, order[start : start + BATCH])
        self.progress("Writing entities", len(order), len(order))
        vanish.orphan(session, [held.id for held in settlement.vanished if held.id not in renamed_ids])
        notes = [self.notes[id] for id in sorted(self.notes)]
        files.finish(self.source, notes, settlement.dropped, self.now)
        files.forget(sorted(self.gone))

    def _settle(self) -> Settlement:
        """Decide the claims; files whose dropped documents may take over now are read as well."""
        while True:
            touched = self._touched()
            guards = {id: note.guard for id, note in self.notes.items()}
            order = sorted(
                range(len(self.documents)),
                key=lambda place: (self.paths[self.documents.files[place]], self.documents.indexes[place], place),
            )
            settlement = settle(self.documents, order, self._holders(), touched, self.gone, guards)
            released = [held.ref for held in settlement.vanished]
            again = takeover.paths(self.source, released, {*self.notes, *self.gone})
            if not again:
                return settlement
            self._read_again(again)

    def _read_again(self, paths: Mapping[int, str]) -> None:
        for file_id, path in paths.items():
            found = takeover.read(self.reader.reader, path)
            self._take(file_id, found)
            self.paths[file_id] = path

    def _touched(self) -> list[Held]:
        columns = "id, ref, kind, content_hash, file_id, document_index, line"
        rest = f"AND presence = {Presence.PRESENT.value} ORDER BY file_id"
        ids = sorted({*self.notes, *self.gone})
        return [Held(*row) for row in bulk.select(columns, Entity._meta.db_table, "file_id", ids, rest)]

    def _holders(self) -> dict[str, int]:
        rest = f"AND presence = {Presence.PRESENT.value} AND file_id IS NOT NULL"
        return dict(bulk.select("ref, file_id", Entity._meta.db_table, "ref", self.documents.refs, rest))

    def _rename(self, session: Session, settlement: Settlement) -> set[int]:
        """Rename what was renamed; returns the ids that therefore haven't vanished."""
        pairs = renamed(self.documents, settlement)
        for held_id, position in pairs:
            record = next(self.documents.records([position]))
            rename.rename(session, held_id, record, "renamed in its source")
        return {held_id for held_id, _ in pairs}

    def _batch(self, session: Session, positions: list[int]) -> None:
        records = zip(
            self.documents.records(positions), (self.documents.files[place] for place in positions), strict=True
        )
        with collection_paused(), transaction.atomic():
            batch = entities.plan(session, list(records))
            entities.write(session, batch)
            edges.write(session, batch.full)
            people.write(session, batch.full)
            memberships.write(session, batch.full)
            identities.write(session, batch.full)
            for item in batch.full:
                if item.record.aliases:
                    rename.remember_aliases(session, item.id, item.record.aliases)
            if _shapes_the_tree(batch.full):
                structure.arrange()
            session.finish_batch()

    # -- afterwards

    def finish(self, session: Session, discovery: Discovery) -> None:
        self.progress("Checking the whole", 0, None)
        files.note_discovery(self.source, discovery.problems, self.now)
        vanish.expire(session, rulebook.current().catalog.orphan_grace_days)
        vanish.forget_unnamed(session)
        with transaction.atomic():
            structure.examine(session)
            files.point_duplicates()
            self._record(session)

    def _record(self, session: Session) -> None:
        result = result_of([self.source], session.created, session.updated, session.still_orphaned())
        self.result = result
        counts = {
            "entities": result.entities,
            "created": result.created,
            "updated": result.updated,
            "unchanged": result.unchanged,
            "orphaned": result.orphaned,
            "errors": len(result.errors),
            "duplicates": len(result.duplicates),
            "dangling": len(result.dangling),
            "files": self.source.files.count(),
        }
        source = self.source
        source.revision, source.kind = self.reader.reader.revision[:64], self.reader.kind
        source.last_attempt_at = source.last_success_at = self.now
        source.last_error, source.counts = "", counts
        source.save(update_fields=["revision", "kind", "last_attempt_at", "last_success_at", "last_error", "counts"])
        answered(source)
        if self.quiet and not self.notes and not self.gone:
            return
        events.append(
            EventName.SOURCE_IMPORTED,
            subject=Subject("source", source.pk, source.name),
            actor=self.actor,
            now=self.now,
            data={**counts, "revision": source.revision},
        )


def _shapes_the_tree(items: Iterable[Item]) -> bool:
    child_of = RelationType.CHILD_OF.value
    return any(
        item.record.kind == "Group" or any(edge[0] == child_of for edge in item.record.relations) for item in items
    )
