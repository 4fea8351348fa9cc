"""Addresses of limits that a proxy enforces."""

from django.urls import path

from awayteam.quotas import views, xds

urlpatterns = [
    path("quotas/", views.limits, name="quotas"),
    path("quotas/new/", views.new, name="quota_new"),
    path("quotas/spikes/", views.spikes, name="quota_spikes"),
    path("quotas/spikes/<int:pk>/", views.spike, name="quota_spike"),
    path("quotas/spikes/<int:pk>/<slug:verb>/", views.settle, name="quota_settle"),
    path("quotas/<int:pk>/", views.limit, name="quota"),
    path("quotas/<int:pk>/<slug:verb>/", views.step, name="quota_step"),
    path("v3/discovery:scoped-routes", xds.discovery, {"kind": "scoped-routes"}, name="quota_discovery_scopes"),
    path("v3/discovery:routes", xds.discovery, {"kind": "routes"}, name="quota_discovery_routes"),
    path("v3/discovery:clusters", xds.discovery, {"kind": "clusters"}, name="quota_discovery_clusters"),
]
