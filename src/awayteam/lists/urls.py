"""Addresses of saved views, and of changes of many rows."""

from django.urls import path

from awayteam.lists.views import bulk, saved

urlpatterns = [
    path("bulk/<str:key>/", bulk.ask, name="bulk_apply"),
    path("bulk/changes/<int:id>/", bulk.change, name="bulk_change"),
    path("bulk/changes/<int:id>/undo/", bulk.undo, name="bulk_undo"),
    path("views/", saved.index, name="views"),
    path("views/save/", saved.save, name="view_save"),
    path("views/<int:id>/change/", saved.change, name="view_change"),
    path("views/<int:id>/default/", saved.default, name="view_default"),
    path("views/<int:id>/remove/", saved.remove, name="view_remove"),
    path("views/<int:id>/restore/", saved.restore, name="view_restore"),
]
