"""Addresses of the pages of sources."""

from django.urls import path

from awayteam.imports import views

urlpatterns = [
    path("sources/", views.index, name="sources"),
    path("sources/new/", views.source_new, name="source_new"),
    path("sources/<int:id>/", views.source, name="source"),
    path("sources/<int:id>/edit/", views.source_edit, name="source_edit"),
    path("sources/<int:id>/push/", views.source_push, name="source_push"),
    path("sources/<int:id>/refresh/", views.source_refresh, name="source_refresh"),
    path("sources/<int:id>/remove/", views.source_remove, name="source_remove"),
]
