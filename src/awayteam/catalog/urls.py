"""Addresses of the catalog. A thing's address is the one that Backstage uses, so that old links lead here."""

from django.urls import path

from awayteam.catalog.views import edit, entity, lists, search

THING = "catalog/<str:namespace>/<str:kind>/<str:name>/"

urlpatterns = [
    path("services/", lists.services, name="services"),
    path("apis/", lists.apis, name="apis"),
    path("catalog/", lists.everything, name="catalog"),
    path("catalog/new/", edit.declare, name="entity_new"),
    path("search/", search.search, name="search"),
    path("search/suggest/", search.suggest, name="search_suggest"),
    path(THING, entity.overview, name="entity"),
    path(f"{THING}operations/", entity.operations, name="entity_operations"),
    path(f"{THING}relations/", entity.relations, name="entity_relations"),
    path(f"{THING}graph/", entity.graph_page, name="entity_graph"),
    path(f"{THING}history/", entity.history, name="entity_history"),
    path(f"{THING}edit/", edit.edit, name="entity_edit"),
    path(f"{THING}edit/<slug:field>/withdraw/", edit.withdraw, name="entity_withdraw"),
    path(f"{THING}transfer/", edit.transfer, name="entity_transfer"),
    path(f"{THING}rename/", edit.rename, name="entity_rename"),
    path(f"{THING}retire/", edit.retire, name="entity_retire"),
    path(f"{THING}document/", entity.document, name="entity_document"),
]
