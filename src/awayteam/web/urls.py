"""Addresses that belong to no app."""

from django.urls import path

from awayteam.web import home, tour, views

urlpatterns = [
    path("", home.home, name="home"),
    path("activity/", home.activity, name="activity"),
    path("choose/", views.choose, name="choose"),
    path("healthz", views.healthz, name="healthz"),
    path("keys/", views.keys, name="keys"),
    path("tour/", tour.start, name="tour"),
    path("tour/<int:question>/", tour.stop, name="tour_stop"),
    path("tour/leave/", tour.leave, name="tour_leave"),
]
