"""The gate over HTTP. What reads and what writes share one router, for they share addresses."""

from awayteam.gate.api import writing
from awayteam.gate.api.reading import router

__all__ = ["router", "writing"]
