"""Flags in flagd's JSON, evaluated: pure functions of a definition and a context.

This folder stands on its own: the standard library and mmh3, relative imports only. The provider for OpenFeature
(`provider/` in the repository) ships the same files, so that both always agree.
"""

from .assigning import Assigned, Assigner, ExperimentRule, Why
from .explaining import Explanation, Step, explain
from .flag import Answer, Code, Flag, Kind, Reason, misspelt, problems_of
from .ruleset import Document, Ruleset, read_document
from .text import BadDefinition, Problem, line_of, read, too_deep

__all__ = [
    "Answer",
    "Assigned",
    "Assigner",
    "BadDefinition",
    "Code",
    "Document",
    "ExperimentRule",
    "Explanation",
    "Flag",
    "Kind",
    "Problem",
    "Reason",
    "Ruleset",
    "Step",
    "Why",
    "explain",
    "line_of",
    "misspelt",
    "problems_of",
    "read",
    "read_document",
    "too_deep",
]
