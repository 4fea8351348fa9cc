"""All addresses: pages, the API, and what libraries serve."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("", include("awayteam.api.urls")),
    path("", include("awayteam.accounts.urls")),
    path("", include("awayteam.catalog.urls")),
    path("", include("awayteam.contributions.urls")),
    path("", include("awayteam.credit.urls")),
    path("", include("awayteam.discussions.urls")),
    path("", include("awayteam.duplicates.urls")),
    path("", include("awayteam.rounds.urls")),  # before engagements, whose verbs take whatever follows a number
    path("", include("awayteam.engagements.urls")),
    path("", include("awayteam.gate.urls")),
    path("", include("awayteam.forges.urls")),
    path("", include("awayteam.handovers.urls")),
    path("", include("awayteam.imports.urls")),
    path("", include("awayteam.insights.urls")),
    path("", include("awayteam.kernel.urls")),
    path("", include("awayteam.lists.urls")),
    path("", include("awayteam.notifications.urls")),
    path("", include("awayteam.organisation.urls")),
    path("", include("awayteam.requests.urls")),
    path("", include("awayteam.reviews.urls")),
    path("", include("awayteam.roadmaps.urls")),
    path("", include("awayteam.allocations.urls")),
    path("", include("awayteam.experiments.urls")),
    path("", include("awayteam.flags.urls")),
    path("", include("awayteam.quotas.urls")),
    path("", include("awayteam.succession.urls")),
    path("", include("awayteam.usage.urls")),
    path("", include("awayteam.web.urls")),
]
handler400 = "awayteam.web.errors.bad_request"
handler403 = "awayteam.web.errors.forbidden"
handler404 = "awayteam.web.errors.not_found"
handler500 = "awayteam.web.errors.broken"
