"""Addresses of insights."""

from django.urls import path

from awayteam.insights import views

urlpatterns = [
    path("insights/", views.organisation, name="insights"),
    path("insights/cases/", views.cases, name="insights_cases"),
    path("insights/<str:namespace>/<str:name>/", views.of_team, name="insights_team"),
]
