"""Addresses of requests."""

from django.urls import path

from awayteam.requests.routing.views import similar_requests
from awayteam.requests.views import ask, brief, lists, story

urlpatterns = [
    path("ask/", ask.ask, name="ask"),
    path("ask/candidates/", ask.candidates, name="ask_candidates"),
    path("ask/similar/", similar_requests, name="ask_similar"),
    path("requests/", lists.index, name="requests"),
    path("requests/board/", lists.board, name="requests_board"),
    path("requests/<int:pk>/", story.story, name="request"),
    path("requests/<int:pk>/brief/", brief.brief, name="request_brief"),
    path("requests/<int:pk>/<slug:verb>/", story.verb, name="request_verb"),
    path("teams/<str:namespace>/<str:name>/requests/", lists.team_queue, name="team_requests"),
]
