"""Documents that lost their claim take over when the claimant goes."""

from collections.abc import Collection, Sequence

from awayteam.catalog.models import Presence
from awayteam.kernel import bulk
from awayteam.sources.discovery import Found, parse_file
from awayteam.sources.models import Duplicate, Source
from awayteam.sources.parsing import Task
from awayteam.sources.readers import Reader, ReadError


def paths(source: Source, refs: Sequence[str], read: Collection[int]) -> dict[int, str]:
    """The files of `source` (id -> path) that hold dropped documents of these references and haven't been read yet."""
    origin = f"{Duplicate._meta.db_table} d JOIN sources_sourcefile f ON f.id = d.dropped_file_id"
    rows = bulk.select("f.id, f.path, f.source_id", origin, "d.ref", refs)
    return {id: path for id, path, source_id in rows if source_id == source.pk and id not in read}


def read(reader: Reader, path: str) -> Found:
    """Read a file again although it hasn't changed. Raises `ReadError` where it is gone meanwhile."""
    file = reader.stat(path)
    if file is None:
        raise ReadError(f"{path} went away while it was being read")
    parsed = parse_file(reader, Task(file, asked=True))
    return Found(path, parsed.hash, parsed.format, parsed.reading, parsed.needs)


def elsewhere(source: Source) -> list[tuple[Source, dict[int, str]]]:
    """Other sources with the files of theirs that declare what nobody holds now."""
    origin = (
        "sources_duplicate d JOIN sources_sourcefile f ON f.id = d.dropped_file_id "
        "JOIN catalog_entity e ON e.ref = d.ref"
    )
    free = [Presence.ORPHAN.value, Presence.MISSING.value, Presence.REMOVED.value]
    found: dict[int, dict[int, str]] = {}
    for id, path, source_id in bulk.select("f.id, f.path, f.source_id", origin, "e.presence", free):
        if source_id != source.pk:
            found.setdefault(source_id, {})[id] = path
    return [(other, found[other.pk]) for other in Source.objects.filter(pk__in=found).order_by("pk")]
