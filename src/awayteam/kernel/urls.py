"""Addresses of the kernel's pages."""

from django.urls import path

from awayteam.kernel import views

urlpatterns = [
    path("deliveries/", views.deliveries, name="deliveries"),
    path("deliveries/<int:id>/retry/", views.retry, name="delivery_retry"),
    path("history/<slug:kind>/<int:id>/", views.history, name="history"),
    path("rulebook/", views.rules, name="rulebook"),
    path("webhooks/", views.hooks, name="webhooks"),
    path("webhooks/new/", views.hook_new, name="webhook_new"),
    path("webhooks/<int:id>/", views.hook_edit, name="webhook"),
    path("webhooks/<int:id>/rotate/", views.hook_rotate, name="webhook_rotate"),
    path("webhooks/<int:id>/remove/", views.hook_remove, name="webhook_remove"),
]
