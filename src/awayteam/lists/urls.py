"""Addresses of saved views."""

from django.urls import path

from awayteam.lists import views

urlpatterns = [
    path("views/", views.index, name="views"),
    path("views/save/", views.save, name="view_save"),
    path("views/<int:id>/change/", views.change, name="view_change"),
    path("views/<int:id>/default/", views.default, name="view_default"),
    path("views/<int:id>/remove/", views.remove, name="view_remove"),
    path("views/<int:id>/restore/", views.restore, name="view_restore"),
]
