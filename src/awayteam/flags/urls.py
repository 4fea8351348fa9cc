"""Addresses of flags, how they are evaluated, and the OpenFeature remote evaluation protocol."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
