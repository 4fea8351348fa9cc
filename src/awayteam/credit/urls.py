"""Addresses of credit."""

from django.urls import path

from awayteam.credit import views

urlpatterns = [
    path("credit/", views.organisation, name="credit"),
    path("credit/thank/", views.thank, name="credit_thank"),
    path("credit/entries/<int:pk>/", views.entry, name="credit_entry"),
    path("credit/entries/<int:pk>/dispute/", views.dispute_entry, name="credit_dispute_make"),
    path("credit/disputes/<int:pk>/", views.dispute, name="credit_dispute"),
    path("credit/disputes/<int:pk>/<slug:verb>/", views.settle, name="credit_settle"),
    path("credit/of/<str:namespace>/<str:name>/", views.of_team, name="credit_team"),
]
