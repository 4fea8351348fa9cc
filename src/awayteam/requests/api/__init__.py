"""Requests over HTTP. What reads and what writes share one router, for they share addresses."""

from awayteam.requests.api import writing
from awayteam.requests.api.exchange import router as exchange
from awayteam.requests.api.reading import router

__all__ = ["exchange", "router", "writing"]
