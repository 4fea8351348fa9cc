"""Addresses of transfers of ownership."""

from django.urls import path

from awayteam.succession import views

urlpatterns = [
    path("succession/", views.index, name="successions"),
    path("succession/candidates/", views.candidates, name="succession_candidates"),
    path("succession/new/", views.new, name="succession_new"),
    path("succession/<int:pk>/", views.story, name="succession"),
    path("succession/<int:pk>/lines/<int:number>/", views.tick, name="succession_tick"),
    path("succession/<int:pk>/<slug:verb>/", views.act, name="succession_act"),
]
