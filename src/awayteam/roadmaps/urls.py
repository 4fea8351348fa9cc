"""Addresses of roadmaps, goals and documents."""

from django.urls import path

from awayteam.roadmaps.views import documents, goals, items, roadmaps

TEAM = "roadmaps/<str:namespace>/<str:name>/"

urlpatterns = [
    path("roadmaps/", roadmaps.index, name="roadmaps"),
    path("roadmap-items/<int:id>/", items.item, name="roadmap_item"),
    path("roadmap-items/<int:id>/edit/", items.edit, name="roadmap_item_edit"),
    path("roadmap-items/<int:id>/do/<slug:verb>/", items.act, name="roadmap_item_change"),
    path("capacity-notes/<int:id>/remove/", roadmaps.note_remove, name="capacity_note_remove"),
    path("goals/<int:id>/", goals.goal, name="goal"),
    path("goals/<int:id>/edit/", goals.edit, name="goal_edit"),
    path("goals/<int:id>/close/<slug:state>/", goals.close, name="goal_state_change"),
    path("goals/<int:id>/add/<slug:what>/", goals.add, name="goal_part_save"),
    path("key-results/<int:id>/measure/", goals.measure, name="goal_measure_save"),
    path(TEAM, roadmaps.roadmap, name="roadmap"),
    path(f"{TEAM}rank/", roadmaps.rank, name="roadmap_rank_apply"),
    path(f"{TEAM}order/", roadmaps.order, name="roadmap_order_apply"),
    path(f"{TEAM}what-if/", roadmaps.what_if, name="roadmap_what_if"),
    path(f"{TEAM}new/", roadmaps.item_new, name="roadmap_item_new"),
    path(f"{TEAM}capacity/", roadmaps.capacity, name="roadmap_capacity"),
    path(f"{TEAM}goals/", goals.index, name="roadmap_goals"),
    path(f"{TEAM}goals/new/", goals.new, name="goal_new"),
    path(f"{TEAM}documents/", documents.index, name="roadmap_documents"),
    path(f"{TEAM}documents/new/", documents.new, name="document_new"),
    path(f"{TEAM}documents/<slug:slug>/", documents.document, name="document"),
    path(f"{TEAM}documents/<slug:slug>/write/", documents.write, name="document_write"),
    path(f"{TEAM}documents/<slug:slug>/compare/", documents.compare, name="document_compare"),
]
