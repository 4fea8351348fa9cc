"""From findings to teams: looks findings up, weighs what was found, and names candidates with their reasons."""

from awayteam.requests.routing.match.results import Candidate, Reason, Routing
from awayteam.requests.routing.match.route import route

__all__ = ["Candidate", "Reason", "Routing", "route"]
