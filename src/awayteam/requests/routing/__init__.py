"""From whatever somebody has to the team that should hear of it: see docs/routing.md.

`route` is in `awayteam.requests.routing.match`; nothing is imported here, so that the tables load without it.
"""
