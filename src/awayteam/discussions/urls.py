"""Addresses of discussions; stories embed them (`discussions/box.html`), and each has a page of its own."""

from django.urls import path

from awayteam.discussions import views

urlpatterns = [
    path("discussions/preview/", views.preview, name="discussion_preview"),
    path("discussions/<slug:kind>/<int:id>/", views.discussion, name="discussion"),
    path("discussions/<slug:kind>/<int:id>/comment/", views.comment, name="discussion_comment"),
    path("discussions/<slug:kind>/<int:id>/follow/", views.follow, name="discussion_follow"),
    path("comments/<int:id>/", views.versions, name="comment_versions"),
    path("comments/<int:id>/edit/", views.edit, name="comment_edit"),
    path("comments/<int:id>/delete/", views.delete, name="comment_delete"),
]
