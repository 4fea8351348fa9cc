"""The seam to the search index."""

from collections.abc import Sequence


def reindex(entity_ids: Sequence[int]) -> None:
    try:
        from awayteam.catalog import search
    except ImportError:
        return
    search.reindex(entity_ids)
