"""The away map over HTTP."""

from ninja import Router

from awayteam.contributions.api import authors, maps, repositories

router = Router(tags=["contributions"])
for part in (maps, authors, repositories):
    router.add_router("", part.router)
