"""Addresses of experiments: designed, reviewed, measured, decided."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
