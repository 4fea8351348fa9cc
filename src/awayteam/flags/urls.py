"""Addresses of flags; the remote evaluation protocol stands beside Django (`serving.ofrep`)."""

from django.urls import URLPattern, URLResolver, path

from awayteam.flags.views import environments, pages, settings

urlpatterns: list[URLPattern | URLResolver] = [
    path("flags/", pages.index, name="flags"),
    path("flags/new/", pages.new, name="flag_new"),
    path("flags/environments/", environments.index, name="flag_environments"),
    path("flags/environments/new/", environments.create, name="flag_environment_make"),
    path("flags/environments/<slug:environment>/rules/", environments.share, name="flag_rules_save"),
    path("flags/environments/<slug:environment>/tokens/", environments.issue, name="flag_token_make"),
    path("flags/tokens/<int:pk>/revoke/", environments.revoke, name="flag_token_revoke"),
    path("flags/<str:key>/", pages.flag, name="flag"),
    path("flags/<str:key>/plans/<int:pk>/cancel/", settings.cancel, name="flag_plan_remove"),
    path("flags/<str:key>/do/<slug:verb>/", pages.act, name="flag_change"),
    path("flags/<str:key>/in/<slug:environment>/define/", settings.define, name="flag_define"),
    path("flags/<str:key>/in/<slug:environment>/plan/", settings.plan, name="flag_plan"),
    path("flags/<str:key>/in/<slug:environment>/<int:number>/", settings.definition, name="flag_definition"),
    path("flags/<str:key>/in/<slug:environment>/<slug:verb>/", settings.switch, name="flag_setting_change"),
]
