"""The rulebook: how this organisation works together, as one TOML file that people read and programs obey.

`defaults.toml` beside this file is complete; the organisation's own file (setting `RULEBOOK`) overrides single keys.
What is unknown or impossible is refused with the line that is wrong. Each decision records `current().version`.
"""

from awayteam.kernel.rulebook.build import Difference, Problem, RulebookError, check, defaults, diff, parse, values
from awayteam.kernel.rulebook.current import current, forget, problem
from awayteam.kernel.rulebook.schema import Rulebook

__all__ = [
    "Difference",
    "Problem",
    "Rulebook",
    "RulebookError",
    "check",
    "current",
    "defaults",
    "diff",
    "forget",
    "parse",
    "problem",
    "values",
]
