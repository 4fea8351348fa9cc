"""Forges over HTTP."""

from awayteam.forges.api import access
from awayteam.forges.api.forges import router

__all__ = ["access", "router"]
