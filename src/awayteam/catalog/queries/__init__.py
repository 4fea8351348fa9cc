"""Every read of the catalog; each takes the actor first and answers with what that actor may see, as frozen rows."""

from awayteam.catalog.queries.entity import (
    AncestorRow,
    Declaration,
    EditRow,
    FindingRow,
    OperationRow,
    OwnershipRow,
    ancestry,
    contradictions,
    declaration,
    edits,
    findings,
    missing_references,
    operations,
    ownership_history,
    resolve,
)
from awayteam.catalog.queries.facets import Counted, counted, facets, total
from awayteam.catalog.queries.filters import EntityFilter
from awayteam.catalog.queries.lists import SORTS, list_entities
from awayteam.catalog.queries.neighbourhood import Edge, LeftOut, Neighbourhood, Node, neighbourhood
from awayteam.catalog.queries.owned import CatalogHealth, Figures, figures, health, owned_counts, unowned
from awayteam.catalog.queries.relations import (
    RelationRow,
    relation_counts,
    relations,
    relations_and_counts,
    relations_page,
)
from awayteam.catalog.queries.rows import EntityLink, EntityRow, Facet, FacetValue
from awayteam.catalog.search import Hit, SearchGroup, SearchResult, search

__all__ = [
    "SORTS",
    "AncestorRow",
    "CatalogHealth",
    "Counted",
    "Declaration",
    "Edge",
    "EditRow",
    "EntityFilter",
    "EntityLink",
    "EntityRow",
    "Facet",
    "FacetValue",
    "Figures",
    "FindingRow",
    "Hit",
    "LeftOut",
    "Neighbourhood",
    "Node",
    "OperationRow",
    "OwnershipRow",
    "RelationRow",
    "SearchGroup",
    "SearchResult",
    "ancestry",
    "contradictions",
    "counted",
    "declaration",
    "edits",
    "facets",
    "figures",
    "findings",
    "health",
    "list_entities",
    "missing_references",
    "neighbourhood",
    "operations",
    "owned_counts",
    "ownership_history",
    "relation_counts",
    "relations",
    "relations_and_counts",
    "relations_page",
    "resolve",
    "search",
    "total",
    "unowned",
]
