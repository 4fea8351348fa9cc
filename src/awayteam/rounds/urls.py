"""Addresses of rounds, hours and reports."""

from django.urls import path

from awayteam.rounds import views

urlpatterns = [
    path("engagements/<int:pk>/rounds/", views.index, name="engagement_rounds"),
    path("engagements/<int:pk>/rounds/new/", views.new, name="round_new"),
    path("engagements/<int:pk>/hours/", views.hours, name="engagement_hours"),
    path("engagements/<int:pk>/hours/<int:booking>/cancel/", views.cancel_hours, name="hours_remove"),
    path("engagements/<int:pk>/reports/", views.reports, name="engagement_reports"),
    path("rounds/<int:pk>/", views.story, name="round"),
    path("rounds/<int:pk>/<slug:verb>/", views.verb, name="round_verb"),
    path("reports/<int:pk>/", views.report, name="round_report"),
]
