"""Addresses of the catalog. A thing's address is the one that Backstage uses, so that old links lead here."""

from django.urls import path

from awayteam.catalog.views import entity, lists, search

THING = "catalog/<str:namespace>/<str:kind>/<str:name>/"

urlpatterns = [
    path("services/", lists.services, name="services"),
    path("apis/", lists.apis, name="apis"),
    path("catalog/", lists.everything, name="catalog"),
    path("search/", search.search, name="search"),
    path("search/suggest/", search.suggest, name="search_suggest"),
    path(THING, entity.overview, name="entity"),
    path(f"{THING}operations/", entity.operations, name="entity_operations"),
    path(f"{THING}relations/", entity.relations, name="entity_relations"),
    path(f"{THING}graph/", entity.graph_page, name="entity_graph"),
    path(f"{THING}history/", entity.history, name="entity_history"),
    path(f"{THING}document/", entity.document, name="entity_document"),
]
