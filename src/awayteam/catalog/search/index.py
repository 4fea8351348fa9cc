"""Keeping the search index: what imports and edits call after rows have changed, in the same transaction.

SQLite keeps tokens in an FTS5 table, PostgreSQL in a tsvector with a GIN index; both are made by a migration.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction

from awayteam.catalog.models import ApiOperation, Entity, Presence
from awayteam.catalog.search import tokens, vocabulary
from awayteam.organisation.models import Identity

TABLE = "catalog_search"
BATCH = 5_000
MOST_OPERATIONS = 1_000
"""Operations of one API whose words are kept."""


class IndexRow(NamedTuple):
    """What is searched of one entity. `extra` is further text: owner's names, operations, addresses, handles."""

    entity_id: int
    kind: str
    name: str
    title: str
    description: str
    extra: str


def reindex(entity_ids: Iterable[int]) -> int:
    """Bring the index up to date for these entities (removed ones leave it), and for those that they own, since an
    owner's name is searched too; returns how many. Reads what is committed or written in this transaction."""
    wanted = sorted(set(entity_ids))
    done = set(wanted)
    count = _reindex(wanted)
    owned: list[int] = []
    for chunk in _chunks(wanted, 500):
        owned += Entity.objects.filter(owner__in=chunk).values_list("pk", flat=True)
    return count + _reindex(sorted(set(owned) - done))


def _reindex(ids: Sequence[int]) -> int:
    count = 0
    for chunk in _chunks(ids, BATCH):
        rows = list(load(chunk))
        if gone := set(chunk) - {row.entity_id for row in rows}:
            remove(gone)
        count += index_many(rows)
    return count


def load(ids: Sequence[int]) -> Iterator[IndexRow]:
    """What the database says of these entities, without removed ones; three statements for every 900 ids or so."""
    for some in _chunks(ids, 900):
        entities = Entity.objects.filter(pk__in=some).exclude(presence=Presence.REMOVED)
        rows = list(
            entities.values_list(
                *("pk", "kind", "namespace", "name", "title", "description", "type", "tags", "person"),
                *("owner__name", "owner__title"),
            )
        )
        handles = _texts(Identity.objects.filter(person__in=[row[8] for row in rows if row[8]]), "person", "value")
        apis = [row[0] for row in rows if row[1] == "API"]
        operations = _texts(ApiOperation.objects.filter(api__in=apis), "api", "key", "summary")
        for pk, kind, namespace, name, title, description, type, tags, person, *owner in rows:
            extra = [type, *(tags or ()), *(text or "" for text in owner), *handles[person], *operations[pk]]
            if namespace != "default":
                extra.append(namespace)
            yield IndexRow(pk, kind, name, title, description, " ".join(extra))


def _texts(rows: Any, key: str, *columns: str) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = defaultdict(list)
    for owner, *texts in rows.values_list(key, *columns).iterator():
        if len(found[owner]) < MOST_OPERATIONS * len(columns):
            found[owner] += texts
    return found


def index_many(rows: Iterable[IndexRow]) -> int:
    """Index rows as given, replacing what was there for them, in one transaction; returns how many."""
    count, terms = 0, set[str]()
    with transaction.atomic():
        for chunk in _chunks(rows, BATCH):
            documents = []
            for row in chunk:
                text, found = tokens.document(row.kind, row.name, row.title, row.extra, row.description)
                documents.append((row.entity_id, text))
                terms |= found
            _write(documents)
            count += len(documents)
        vocabulary.keep(terms)
    return count


def _write(documents: Sequence[tuple[int, str]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {TABLE} WHERE entity_id = ANY(%s)", [[pk for pk, _ in documents]])  # noqa: S608
            with cursor.copy(f"COPY {TABLE} (entity_id, tokens) FROM STDIN") as copy:
                for document in documents:
                    copy.write_row(document)
        else:
            statement = f"INSERT OR REPLACE INTO {TABLE} (rowid, tokens) VALUES (%s, %s)"  # noqa: S608
            cursor.executemany(statement, documents)


def remove(entity_ids: Iterable[int]) -> None:
    """Take entities out of the index; ids that are not in it are fine."""
    key = "entity_id" if connection.vendor == "postgresql" else "rowid"
    with connection.cursor() as cursor:
        for chunk in _chunks(entity_ids, 500):
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"DELETE FROM {TABLE} WHERE {key} IN ({places})", chunk)  # noqa: S608


def optimise() -> None:
    """Merge what a large import left in pieces, and tell the planner what there is now; a second or two."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT gin_clean_pending_list('catalog_search_tokens'::regclass)")
            cursor.execute(f"ANALYZE {TABLE}")
        else:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('optimize')")  # noqa: S608


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
