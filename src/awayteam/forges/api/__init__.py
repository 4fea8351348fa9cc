"""Forges over HTTP."""

from awayteam.forges.api.forges import router

__all__ = ["router"]
