"""Addresses of experiments: designed, reviewed, measured, decided."""

from django.urls import URLPattern, URLResolver, path

from awayteam.experiments.facts.endpoint import facts
from awayteam.experiments.views import designing, keeping, lists, story

urlpatterns: list[URLPattern | URLResolver] = [
    path("experiments/", lists.index, name="experiments"),
    path("experiments/learnings/", lists.learnings, name="learnings"),
    path("experiments/facts", facts, name="experiment_facts"),
    path("experiments/metrics/", keeping.metrics, name="metrics"),
    path("experiments/metrics/new/", keeping.define, name="metric_new"),
    path("experiments/metrics/<slug:key>/", keeping.metric, name="metric"),
    path("experiments/sources/", keeping.sources, name="experiment_sources"),
    path("experiments/sources/<str:what>/<int:pk>/end/", keeping.end, name="experiment_source_end"),
    path("experiments/new/", designing.new, name="experiment_new"),
    path("experiments/<int:pk>/", story.story, name="experiment"),
    path("experiments/<int:pk>/design/", designing.edit, name="experiment_design"),
    path("experiments/<int:pk>/scorecard/", story.scorecard, name="experiment_scorecard"),
    path("experiments/<int:pk>/look/", story.look, name="experiment_look"),
    path("experiments/<int:pk>/look/cancel/", story.cancel, name="experiment_look_cancel"),
    path("experiments/<int:pk>/<slug:verb>/", story.verb, name="experiment_verb"),
]
