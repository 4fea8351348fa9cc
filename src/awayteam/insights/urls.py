"""Addresses of insights."""

from django.urls import path

from awayteam.insights import views
from awayteam.insights.visits import views as visits

urlpatterns = [
    path("insights/", views.organisation, name="insights"),
    path("insights/cases/", views.cases, name="insights_cases"),
    path("insights/visits/", visits.organisation, name="insights_visits"),
    path("insights/visits/cases/", visits.cases, name="insights_visits_cases"),
    path("insights/visits/of/<str:namespace>/<str:name>/", visits.of_team, name="insights_visits_team"),
    path("insights/<str:namespace>/<str:name>/", views.of_team, name="insights_team"),
]
