"""Rounds, hours and reports over HTTP. What reads and what writes share one router, for they share addresses."""

from awayteam.rounds.api import writing
from awayteam.rounds.api.reading import router

__all__ = ["router", "writing"]
