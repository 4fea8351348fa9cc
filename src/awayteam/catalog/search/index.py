"""Keeping the search index: what imports and edits call after rows have changed, in the same transaction.

SQLite keeps tokens in an FTS5 table, PostgreSQL in a tsvector with a GIN index; both are made by a migration.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django.apps import apps
from django.db import connection, transaction

from awayteam.catalog import tokens
from awayteam.catalog.models import ApiOperation, Entity, Presence, TagCount
from awayteam.catalog.search import vocabulary
from awayteam.kernel import bulk
from awayteam.organisation.models import Identity, Person, Team

TABLE = "catalog_search"
ENTITY = Entity._meta.db_table
BATCH = 5_000


class Counted(NamedTuple):
    """What an entity's tags are counted under, and its label: kept in the index to tell what a change changes."""

    kind: str
    type: str
    lifecycle: str
    presence: int
    restricted: bool
    tags: tuple[str, ...]
    label: str


class IndexRow(NamedTuple):
    """What is searched of one entity: its own tokens (`tokens.document`), and its owner's names."""

    entity_id: int
    document: str
    owner: str
    counted: Counted


class Ready(NamedTuple):
    """An entity whose own tokens are at hand; `unknown` says that the index can't have it yet."""

    entity_id: int
    document: str
    owner_id: int | None
    counted: Counted
    unknown: bool


def reindex(entity_ids: Iterable[int], ready: Sequence[Ready] = ()) -> int:
    """Bring search and tag counts up to date for these entities; removed ones leave. Returns how many were indexed.

    Those of `ready` needn't be read. Where a team or person is called otherwise now, what they own is read again too:
    owners' names are searched. Works in the caller's transaction on what is written there.
    """
    at_hand = {one.entity_id for one in ready}
    wanted = sorted(set(entity_ids) - at_hand)
    renamed: list[int] = []
    count = _reindex(wanted, renamed) + _index_ready(ready, renamed)
    owned = set[int]()
    for chunk in _chunks(renamed, 500):
        owned.update(Entity.objects.filter(owner__in=chunk).values_list("pk", flat=True))
    return count + _reindex(sorted(owned.difference(wanted, at_hand)), [])


def _index_ready(ready: Sequence[Ready], renamed: list[int]) -> int:
    owners = sorted({one.owner_id for one in ready if one.owner_id is not None})
    names = {id: _names(*called) for id, *called in bulk.select("id, name, title", ENTITY, "id", owners)}
    count = 0
    for unknown in (False, True):
        some = (one for one in ready if one.unknown is unknown)
        rows = (
            IndexRow(one.entity_id, one.document, names[one.owner_id] if one.owner_id else "", one.counted)
            for one in some
        )
        count += index_many(rows, renamed, unknown=unknown)
    return count


def _names(name: str | None, title: str | None) -> str:
    return f"{name or ''} {title or ''}".strip()


def reindex_thing(thing: Team | Person) -> None:
    """Bring search up to date for a team or person whose facts were changed."""
    column = "team" if isinstance(thing, Team) else "person"
    reindex(Entity.objects.filter(**{column: thing.pk}).values_list("pk", flat=True))


def rebuild(progress: Callable[[int, int], None] | None = None) -> int:
    """Index everything anew, for an installation whose index is in doubt; call it in a transaction.

    `progress` is told after every batch how many of how many entities are done. Returns how many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608
    TagCount.objects.all().delete()
    every = list(Entity.objects.order_by("pk").values_list("pk", flat=True))
    done = 0
    for chunk in _chunks(every, BATCH):
        done += len(chunk)
        _reindex(chunk, [])
        if progress is not None:
            progress(done, len(every))
    return done


def _reindex(ids: Sequence[int], renamed: list[int]) -> int:
    count = 0
    for chunk in _chunks(ids, BATCH):
        rows = list(load(chunk))
        if gone := set(chunk) - {row.entity_id for row in rows}:
            remove(gone)
        count += index_many(rows, renamed)
    return count


def load(ids: Sequence[int]) -> Iterator[IndexRow]:
    """What the database says of these entities, without removed ones; three statements for every 900 ids."""
    for some in _chunks(ids, 900):
        entities = Entity.objects.filter(pk__in=some).exclude(presence=Presence.REMOVED)
        rows = list(
            entities.values_list(
                *("pk", "name", "title", "description", "namespace", "person", "owner__name", "owner__title"),
                *("person__display_name", "person__email"),
                *("kind", "type", "lifecycle", "presence", "restricted", "tags"),
            )
        )
        people = [row[5] for row in rows if row[5]]
        handles = _texts(Identity.objects.filter(person__in=people), "person", "value") if people else {}
        apis = [row[0] for row in rows if row[10] == "API"]
        operations = _texts(ApiOperation.objects.filter(api__in=apis), "api", "key", "name", "summary") if apis else {}
        for pk, name, title, description, namespace, person, owner, owner_title, called, email, *values in rows:
            tags = tuple(sorted({tag for tag in values.pop() or () if isinstance(tag, str)}))
            counted = Counted._make((*values, tags, title or name))
            known_as = (called or "", email or "") if person else ()
            more = (*known_as, *handles.get(person, ()), *operations.get(pk, ()))
            further = tokens.further(counted.type, tags, namespace, more)
            document = tokens.document(counted.kind, name, title, description, further)
            yield IndexRow(pk, document, _names(owner, owner_title), counted)


def _texts(rows: Any, key: str, *columns: str) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = defaultdict(list)
    for owner, *texts in rows.values_list(key, *columns).iterator():
        if len(found[owner]) < tokens.MOST_OPERATIONS * len(columns):
            found[owner] += texts
    return found


def index_many(rows: Iterable[IndexRow], renamed: list[int] | None = None, *, unknown: bool = False) -> int:
    """Index rows as given, replacing what was there for them, in one transaction; returns how many.

    Ids of entities whose label is another than before are added to `renamed`. `unknown` promises that the index has
    none of them.
    """
    count, found = 0, set[str]()
    counts: Counter[TagKey] = Counter()
    with transaction.atomic():
        for chunk in _chunks(rows, BATCH):
            before = {} if unknown else _before([row.entity_id for row in chunk])
            documents = []
            for row in chunk:
                text = tokens.with_owner(row.document, row.owner) if row.owner else row.document
                documents.append((row.entity_id, text, orjson.dumps(row.counted[:]).decode()))
                found.update(text.split(" "))
                old = before.get(row.entity_id)
                if row.counted.tags or old is not None:
                    _count(counts, old, row.counted)
                if renamed is not None and old is not None and old.label != row.counted.label:
                    renamed.append(row.entity_id)
            _write(documents, replaces=bool(before))
            count += len(documents)
        _apply(counts)
        vocabulary.keep(tokens.vocabulary(found))
    return count


TagKey = tuple[str, str, str, int, str]
"""Kind, type, lifecycle, presence, tag."""


def _count(counts: Counter[TagKey], old: Counted | None, new: Counted | None) -> None:
    for state, step in ((old, -1), (new, 1)):
        if state is not None and not state.restricted:
            for tag in state.tags:
                counts[state.kind, state.type, state.lifecycle, state.presence, tag] += step


def _apply(counts: Counter[TagKey]) -> None:
    """Add the differences to the counts, always in the same order so that no two transactions wait for each other."""
    rows = sorted((*key, step) for key, step in counts.items() if step)
    columns = "kind, type, lifecycle, presence, tag"
    statement = (
        f"INSERT INTO catalog_tagcount ({columns}, entities) VALUES (%s, %s, %s, %s, %s, %s) "  # noqa: S608
        f"ON CONFLICT ({columns}) DO UPDATE SET entities = catalog_tagcount.entities + excluded.entities"
    )
    with connection.cursor() as cursor:
        for chunk in _chunks(rows, BATCH):
            cursor.executemany(statement, chunk)


def _key() -> str:
    return "entity_id" if connection.vendor == "postgresql" else "rowid"


def _before(ids: Sequence[int]) -> dict[int, Counted]:
    """What the index has of these entities; one statement for every 5,000."""
    found = {}
    with connection.cursor() as cursor:
        for chunk in _chunks(ids, BATCH):
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"SELECT {_key()}, state FROM {TABLE} WHERE {_key()} IN ({places})", chunk)  # noqa: S608
            for pk, state in cursor.fetchall():
                *values, tags, label = orjson.loads(state)
                found[pk] = Counted._make((*values, tuple(tags), label))
    return found


def _write(documents: Sequence[tuple[int, str, str]], *, replaces: bool) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if replaces:
                cursor.execute(f"DELETE FROM {TABLE} WHERE entity_id = ANY(%s)", [[row[0] for row in documents]])  # noqa: S608
            with cursor.copy(f"COPY {TABLE} (entity_id, tokens, state) FROM STDIN") as copy:
                for document in documents:
                    copy.write_row(document)
        else:
            verb = "INSERT OR REPLACE" if replaces else "INSERT"
            cursor.executemany(f"{verb} INTO {TABLE} (rowid, tokens, state) VALUES (%s, %s, %s)", documents)


def remove(entity_ids: Iterable[int]) -> None:
    """Take entities out of the index and the counts; ids that are not in it are fine."""
    counts: Counter[TagKey] = Counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for chunk in _chunks(entity_ids, BATCH):
            for old in _before(chunk).values():
                _count(counts, old, None)
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"DELETE FROM {TABLE} WHERE {_key()} IN ({places})", chunk)  # noqa: S608
        _apply(counts)


def optimise() -> None:
    """Merge what a large import left in pieces, and tell the planner what there is now; a few seconds at most.

    Without it facets and lists take twice the time. To be called outside of transactions.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT gin_clean_pending_list('catalog_search_tokens'::regclass)")
            for table in (TABLE, *(model._meta.db_table for model in apps.get_app_config("catalog").get_models())):
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
        else:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('optimize')")  # noqa: S608
            cursor.execute("ANALYZE")


def _chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
