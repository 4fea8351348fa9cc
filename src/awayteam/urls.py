"""All addresses: pages, the API, and what libraries serve."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
