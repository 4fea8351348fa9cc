"""Every read of experiments that is more than a lookup."""

from awayteam.experiments.queries.lists import (
    ExperimentFilter,
    ExperimentRow,
    Numbers,
    experiments,
    facets,
    learnings,
    numbers,
    rows_of,
)
from awayteam.experiments.queries.metrics import metric, metrics, plain_of
from awayteam.experiments.queries.past import Pooled, pooled
from awayteam.experiments.queries.story import Story, experiment, named, story

__all__ = [
    "ExperimentFilter",
    "ExperimentRow",
    "Numbers",
    "Pooled",
    "Story",
    "experiment",
    "experiments",
    "facets",
    "learnings",
    "metric",
    "metrics",
    "named",
    "numbers",
    "plain_of",
    "pooled",
    "rows_of",
    "story",
]
