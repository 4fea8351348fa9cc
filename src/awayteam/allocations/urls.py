"""Addresses of budgets, allocations, growth and agendas."""

from django.urls import path

from awayteam.allocations import views

urlpatterns = [
    path("budgets/", views.budgets, name="budgets"),
    path("budgets/of/<str:namespace>/<str:kind>/<str:name>/", views.budget, name="budget"),
    path("budgets/of/<str:namespace>/<str:kind>/<str:name>/capacity/", views.capacity, name="budget_capacity"),
    path("budgets/held-by/<str:namespace>/<str:kind>/<str:name>/", views.consumer, name="budget_consumer"),
    path("allocations/", views.allocations, name="allocations"),
    path("allocations/new/", views.ask, name="allocation_new"),
    path("allocations/<int:pk>/", views.allocation, name="allocation"),
    path("allocations/<int:pk>/<slug:verb>/", views.allocation_verb, name="allocation_verb"),
    path("growth/", views.growths, name="growths"),
    path("growth/agendas/", views.agendas, name="agendas"),
    path("growth/agendas/<int:pk>/", views.agenda, name="agenda"),
    path("growth/<int:pk>/", views.growth, name="growth"),
    path("growth/<int:pk>/<slug:verb>/", views.growth_verb, name="growth_verb"),
]
