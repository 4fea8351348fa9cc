"""Addresses of changes."""

from django.urls import path

from awayteam.gate.views import change, lists

urlpatterns = [
    path("changes/", lists.index, name="changes"),
    path("changes/<int:pk>/", change.story, name="change"),
    path("changes/<int:pk>/emergency/", change.emergency, name="change_emergency"),
]
