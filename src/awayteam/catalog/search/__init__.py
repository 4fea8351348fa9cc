"""Search in one box: names, titles, people, owners, operations, tags; by prefix, one slip forgiven, ranked.

Imports and edits call `reindex(entity_ids)` or, in bulk, `index_many(rows)`; after a large import `optimise()`.
"""

from awayteam.catalog.search.find import (
    Hit,
    SearchGroup,
    SearchResult,
    having,
    is_common,
    matching,
    part_matching,
    search,
)
from awayteam.catalog.search.index import (
    Counted,
    IndexRow,
    index_many,
    optimise,
    rebuild,
    reindex,
    reindex_thing,
    remove,
)

__all__ = [
    "Counted",
    "Hit",
    "IndexRow",
    "SearchGroup",
    "SearchResult",
    "having",
    "index_many",
    "is_common",
    "matching",
    "optimise",
    "part_matching",
    "rebuild",
    "reindex",
    "reindex_thing",
    "remove",
    "search",
]
