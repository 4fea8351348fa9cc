"""Addresses of engagements."""

from django.urls import path

from awayteam.engagements.views import contract, lists, people, setup, signing, story, verbs

ONE = "engagements/<int:pk>/"

urlpatterns = [
    path("engagements/", lists.index, name="engagements"),
    path("engagements/new/", setup.new, name="engagement_new"),
    path("engagements/board/", lists.board, name="engagements_board"),
    path("places/", lists.places, name="places"),
    path("places/<int:pk>/", people.place, name="place"),
    path("teams/<str:namespace>/<str:name>/engagements/", lists.of_team, name="team_engagements"),
    path(ONE, story.story, name="engagement"),
    path(f"{ONE}amend/", signing.amend, name="engagement_amend"),
    path(f"{ONE}sign/", signing.sign, name="engagement_sign"),
    path(f"{ONE}setup/<slug:step>/", setup.step, name="engagement_setup"),
    path(f"{ONE}contracts/<int:number>/", contract.show, name="engagement_contract"),
    path(f"{ONE}standards/<int:standard>/", contract.standard, name="engagement_standard"),
    path(f"{ONE}<slug:verb>/", verbs.verb, name="engagement_verb"),
]
