"""Addresses of what of whom is used: counts of calls, received and stored."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
