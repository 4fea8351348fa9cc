"""Addresses of allocations of a provider's capacity, and growth of use."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
