"""The catalog over HTTP."""

from awayteam.catalog.api import changes
from awayteam.catalog.api.entities import router as entities
from awayteam.catalog.api.events import router as events
from awayteam.catalog.api.search import router as search

__all__ = ["changes", "entities", "events", "search"]
