"""Addresses of forges."""

from django.urls import path

from awayteam.forges import endpoint, manifesting, views

urlpatterns = [
    path("forges/", views.index, name="forges"),
    path("forges/new/", views.new, name="forge_new"),
    path("forges/latency/", views.latency, name="forge_latency"),
    path("forges/github/manifest/", manifesting.begin, name="forge_manifest"),
    path("forges/github/manifest/done/", manifesting.finish, name="forge_manifest_done"),
    path("forges/<int:forge>/deliveries", endpoint.deliveries, name="forge_endpoint"),
    path("forges/<slug:forge>/deliveries", endpoint.deliveries, name="forge_endpoint_by_name"),
    path("forges/<slug:name>/", views.show, name="forge"),
    path("forges/<slug:name>/settings/", views.edit, name="forge_edit"),
    path("forges/<slug:name>/accounts/", views.people, name="forge_accounts"),
    path("forges/<slug:name>/deliveries/", views.told, name="forge_deliveries"),
    path("forges/<slug:name>/retry/<slug:what>/<int:pk>/", views.retry, name="forge_retry"),
    path("forges/<slug:name>/<slug:verb>/", views.verb, name="forge_verb"),
]
