"""Every read of flags; each takes the actor first and answers with what that actor may see, as frozen rows."""

from awayteam.flags.queries.lists import FACETS, SORTS, Facet, FacetValue, FlagFilter, FlagRow, facets, flags, rows_of
from awayteam.flags.queries.told import (
    SettingRow,
    Told,
    definition,
    definitions,
    difference,
    environment,
    environments,
    exported,
    flag,
    preview,
    tokens,
    told,
)

__all__ = [
    "FACETS",
    "SORTS",
    "Facet",
    "FacetValue",
    "FlagFilter",
    "FlagRow",
    "SettingRow",
    "Told",
    "definition",
    "definitions",
    "difference",
    "environment",
    "environments",
    "exported",
    "facets",
    "flag",
    "flags",
    "preview",
    "rows_of",
    "tokens",
    "told",
]
