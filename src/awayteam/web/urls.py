"""Addresses that belong to no app."""

from django.urls import path

from awayteam.web import home, views

urlpatterns = [
    path("", home.home, name="home"),
    path("activity/", home.activity, name="activity"),
    path("choose/", views.choose, name="choose"),
    path("healthz", views.healthz, name="healthz"),
    path("keys/", views.keys, name="keys"),
]
