"""Roadmaps, items, goals and documents over HTTP."""

from awayteam.roadmaps.api import documents, exchange, items
from awayteam.roadmaps.api.goals import router as goals
from awayteam.roadmaps.api.roadmaps import router as roadmaps

__all__ = ["documents", "exchange", "goals", "items", "roadmaps"]
