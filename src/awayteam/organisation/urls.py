"""Addresses of teams and people."""

from django.urls import path

from awayteam.organisation.views import people, teams

urlpatterns = [
    path("teams/", teams.index, name="teams"),
    path("teams/<str:namespace>/<str:name>/", teams.team, name="team"),
    path("teams/<str:namespace>/<str:name>/history/", teams.team_history, name="team_history"),
    path("people/", people.index, name="people"),
    path("people/<str:namespace>/<str:name>/", people.person, name="person"),
    path("people/<str:namespace>/<str:name>/history/", people.person_history, name="person_history"),
]
