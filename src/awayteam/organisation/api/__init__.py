"""The organisation over HTTP."""

from awayteam.organisation.api.changes import router as changes
from awayteam.organisation.api.people import router as people
from awayteam.organisation.api.teams import router as teams

__all__ = ["changes", "people", "teams"]
