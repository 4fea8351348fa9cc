"""Addresses of teams and people."""

from django.urls import path

from awayteam.organisation.views import edit, people, teams

urlpatterns = [
    path("teams/", teams.index, name="teams"),
    path("teams/<str:namespace>/<str:name>/", teams.team, name="team"),
    path("teams/<str:namespace>/<str:name>/history/", teams.team_history, name="team_history"),
    path("teams/<str:namespace>/<str:name>/edit/", edit.team_edit, name="team_edit"),
    path("teams/<str:namespace>/<str:name>/edit/<slug:field>/withdraw/", edit.team_withdraw, name="team_withdraw"),
    path("teams/<str:namespace>/<str:name>/members/", edit.members, name="team_members"),
    path("memberships/<int:id>/end/", edit.member_end, name="member_end"),
    path("people/", people.index, name="people"),
    path("people/<str:namespace>/<str:name>/", people.person, name="person"),
    path("people/<str:namespace>/<str:name>/history/", people.person_history, name="person_history"),
    path("people/<str:namespace>/<str:name>/edit/", edit.person_edit, name="person_edit"),
    path("people/<str:namespace>/<str:name>/edit/<slug:field>/withdraw/", edit.person_withdraw, name="person_withdraw"),
    path("people/<str:namespace>/<str:name>/primary/", edit.person_primary, name="person_primary"),
    path("people/<str:namespace>/<str:name>/identities/", edit.identities, name="person_identities"),
    path("identities/<int:id>/remove/", edit.identity_remove, name="identity_remove"),
    path("identities/<int:id>/correct/", edit.identity_correct, name="identity_correct"),
]
