"""Faces for telling renames: read from the new documents and from the rows of what vanished."""

from awayteam.catalog.models import Entity, Presence
from awayteam.imports.claims import Settlement
from awayteam.imports.documents import Documents
from awayteam.imports.records import Record, digest_without_name, json_value
from awayteam.imports.renames import Face, pair
from awayteam.kernel import bulk


def renamed(documents: Documents, settlement: Settlement) -> list[tuple[int, int]]:
    """(entity id, position of the document that it is called by now) of everything that was renamed."""
    fresh = _fresh(documents, settlement)
    if not fresh:
        return []
    vanished = _old([held.id for held in settlement.vanished])
    aliases = [alias for face in fresh for alias in face.aliases]
    former = bulk.select("id", Entity._meta.db_table, "ref", aliases, f"AND presence = {Presence.ORPHAN.value}")
    pairs = pair([*vanished, *_old([row[0] for row in former])], fresh)
    return [(old.position, new.position) for old, new in pairs]


def _fresh(documents: Documents, settlement: Settlement) -> list[Face]:
    """New documents of references that no source ever declared."""
    if not settlement.vanished and not documents.aliases:
        return []
    places = settlement.winners
    if not settlement.vanished:
        named = {documents.refs[place] for place in documents.aliases}
        places = {ref: place for ref, place in places.items() if ref in named}
    declared = bulk.select("ref", Entity._meta.db_table, "ref", list(places), "AND content_hash <> ''")
    known = {row[0] for row in declared}
    positions = sorted(place for ref, place in places.items() if ref not in known)
    records = zip(positions, documents.records(positions), strict=True)
    return [_face(place, documents.files[place], record) for place, record in records]


def _face(position: int, file_id: int, record: Record) -> Face:
    digest = digest_without_name(json_value(record.document))
    return Face(position, record.ref, record.kind, file_id, record.owner, record.type, digest, record.aliases)


def _old(ids: list[int]) -> list[Face]:
    faces = []
    for start in range(0, len(ids), 5_000):
        for row in Entity.objects.filter(pk__in=ids[start : start + 5_000]).select_related("owner"):
            owner = row.owner.ref if row.owner else None
            digest = digest_without_name(row.document)
            faces.append(Face(row.pk, row.ref, row.kind, row.file_id, owner, row.type, digest))
    return faces
