"""Handovers and what comes after them over HTTP."""

from awayteam.handovers.api import writing
from awayteam.handovers.api.reading import router

__all__ = ["router", "writing"]
