"""Addresses of the away map."""

from django.urls import path

from awayteam.contributions import views

urlpatterns = [
    path("away-map/", views.away_map, name="away_map"),
    path("away-map/areas/", views.areas, name="away_areas"),
    path("away-map/areas/<int:id>/", views.area, name="away_area"),
    path("away-map/authors/", views.authors, name="away_authors"),
    path("away-map/authors/<int:id>/", views.correct, name="away_correct"),
    path("away-map/belonging/", views.belonging, name="away_belonging"),
    path("away-map/commits/", views.commits, name="away_commits"),
    path("away-map/contradictions/", views.contradictions, name="away_contradictions"),
    path("away-map/corrections/<int:id>/withdraw/", views.withdraw, name="away_withdraw"),
    path("away-map/repositories/", views.repositories, name="away_repositories"),
    path("away-map/repositories/new/", views.repository_new, name="away_repository_new"),
    path("away-map/repositories/<int:id>/refresh/", views.repository_refresh, name="away_repository_refresh"),
    path("away-map/repositories/<int:id>/remove/", views.repository_remove, name="away_repository_remove"),
]
