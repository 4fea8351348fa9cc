"""One declared entity on its way into the database: flat, small, quick to pickle, with a digest of all that it says.

Made in the reading process, so that the writing process only moves values. Texts are made safe for every database here:
no NUL, no lone surrogates, no longer than their column.
"""

import hashlib
import marshal
from datetime import date
from typing import Any, NamedTuple

import orjson

from awayteam.catalog import tokens
from awayteam.sources.declared import Declared, DeclaredMembership, RelationType
from awayteam.sources.kinds import usual_kind
from awayteam.sources.shapes import json_safe

MAX_REF = 300
MAX_TITLE = 300
MAX_WORD = 100
MAX_IDENTITY = 320
MAX_KEY = 500

KIND_ORDER = {"Group": 0, "User": 1, "Domain": 2, "System": 3, "API": 4, "Resource": 5}
"""Entities are written in this order (others last), so that most targets of relations are there when they are named."""

OperationRecord = tuple[str, str, str, str, bool, str, str]


class Record(NamedTuple):
    """`relations` holds (type, source reference, target reference); `document`, `tags` and `facts` are JSON texts.

    `operations` holds (key, verb, path, summary, deprecated, tags as JSON, name), None without a good description.
    `memberships` holds (team, person, role, starts, ends, primary) with ISO dates. `digest` covers all but the place.
    `words` is what the search index keeps of the entity by itself (`catalog.tokens`).
    """

    ref: str
    kind: str
    namespace: str
    name: str
    title: str
    description: str
    type: str
    lifecycle: str
    owner: str | None
    system: str | None
    tags: tuple[str, ...]
    relations: tuple[tuple[int, str, str], ...]
    operations: tuple[OperationRecord, ...] | None
    memberships: tuple[tuple[str, str, str, str | None, str | None, bool], ...]
    identities: tuple[tuple[str, str], ...]
    facts: str
    restricted: bool
    aliases: tuple[str, ...]
    document: str
    document_index: int
    line: int
    digest: str
    words: str

    def packed(self) -> bytes:
        return marshal.dumps(tuple(self))

    @classmethod
    def unpacked(cls, data: bytes) -> "Record":
        return cls._make(marshal.loads(data))  # noqa: S302 - our own process wrote it


def record_of(declared: Declared) -> Record:
    """The record of one declared entity; total for whatever a format hands over."""
    said = (
        declared.ref[:MAX_REF],
        usual_kind(clean(declared.kind))[:63],
        declared.namespace[:63],
        clean(declared.name)[:200],
        clean(declared.title)[:MAX_TITLE],
        clean(declared.description),
        clean(declared.type)[:MAX_WORD],
        clean(declared.lifecycle)[:MAX_WORD],
        _ref(declared.owner),
        _ref(declared.system),
        tuple(dict.fromkeys(clean(tag)[:63] for tag in declared.tags)),
        _relations(declared),
        _operations(declared),
        tuple(map(_membership, declared.memberships)),
        tuple((clean(one.provider)[:40], clean(one.value)[:MAX_IDENTITY]) for one in declared.identities),
        json_text(declared.facts) if declared.facts else "{}",
        declared.restricted,
        tuple(alias[:MAX_REF] for alias in declared.aliases if alias != declared.ref),
        json_text(declared.document),
    )
    digest = hashlib.blake2b(orjson.dumps(said), digest_size=16).hexdigest()
    return Record(*said, declared.document_index, declared.line, digest, _words(said))


def _words(said: tuple[Any, ...]) -> str:
    """What is searched of an entity, as far as its own document says it."""
    _, kind, namespace, name, title, description, type, _, _, _, tags, _, operations = said[:13]
    more = (text for one in (operations or ())[: tokens.MOST_OPERATIONS] for text in (one[0], one[6], one[3]))
    further = tokens.further(type, tags, namespace, more)
    return tokens.document(kind, name, title, description, further)


def clean(text: str) -> str:
    """`text` without what databases refuse: NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def json_text(value: Any) -> str:
    """`value` as JSON that both databases take."""
    try:
        data = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        data = orjson.dumps(json_safe(value))
    if b"\\u0000" in data:
        data = orjson.dumps(_without_nul(orjson.loads(data)))
    return data.decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(one) for key, one in value.items()}
    return value


def _ref(ref: str | None) -> str | None:
    return ref[:MAX_REF] if ref else None


def _relations(declared: Declared) -> tuple[tuple[int, str, str], ...]:
    """Relations without doubles; owner, system and memberships count as relations even where a format left them out."""
    ref = declared.ref
    found = {(int(type), source[:MAX_REF], target[:MAX_REF]): None for type, source, target in declared.relations}
    if declared.owner:
        found[int(RelationType.OWNED_BY), ref, declared.owner[:MAX_REF]] = None
    if declared.system:
        found[int(RelationType.PART_OF), ref, declared.system[:MAX_REF]] = None
    for one in declared.memberships:
        if one.ends is None:
            found[int(RelationType.MEMBER_OF), one.person[:MAX_REF], one.team[:MAX_REF]] = None
    return tuple(edge for edge in found if edge[1] != edge[2])


def _operations(declared: Declared) -> tuple[OperationRecord, ...] | None:
    if declared.operations is None:
        return None
    found = {
        clean(one.key)[:MAX_KEY]: (
            clean(one.key)[:MAX_KEY],
            clean(one.verb)[:20],
            clean(one.path),
            clean(one.summary),
            one.deprecated,
            json_text(one.tags),
            clean(one.name)[:MAX_REF],
        )
        for one in reversed(declared.operations)
    }
    return tuple(reversed(found.values()))


def _membership(one: DeclaredMembership) -> tuple[str, str, str, str | None, str | None, bool]:
    starts, ends = _day(one.starts), _day(one.ends)
    if starts and ends and ends < starts:
        ends = starts
    return one.team[:MAX_REF], one.person[:MAX_REF], one.role, starts, ends, one.primary


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def parts(ref: str) -> tuple[str, str, str]:
    """(kind, namespace, name) of a canonical reference."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    return kind, namespace, name


def digest_without_name(document: Any) -> str:
    """What stays the same when an entity is renamed: everything but its own name, title and description."""
    if isinstance(document, dict) and isinstance(document.get("metadata"), dict):
        metadata = {key: value for key, value in document["metadata"].items() if key not in _NAMES}
        document = {**document, "metadata": metadata}
    return hashlib.blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


_NAMES = frozenset(("name", "title", "description", "namespace", "aliases"))


def json_value(text: str) -> Any:
    return orjson.loads(text)
