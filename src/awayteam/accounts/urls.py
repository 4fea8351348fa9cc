"""Addresses of one's own account; those of allauth stand under /accounts/."""

from django.urls import path

from awayteam.accounts import views

urlpatterns = [
    path("become/", views.become, name="become"),
    path("profile/", views.profile, name="profile"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:id>/revoke/", views.token_revoke, name="token_revoke"),
]
