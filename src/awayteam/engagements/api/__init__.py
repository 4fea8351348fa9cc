"""Engagements over HTTP. What reads and what writes share one router, for they share addresses."""

from awayteam.engagements.api import amending, freezing, people, writing
from awayteam.engagements.api.access import access
from awayteam.engagements.api.people import offers
from awayteam.engagements.api.reading import router

__all__ = ["access", "amending", "freezing", "offers", "people", "router", "writing"]
