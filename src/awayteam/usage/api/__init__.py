"""REST of who uses whom, and of what names of the telemetry are."""

from ninja import Router

from awayteam.usage.api import names, reads

router = Router(tags=["usage"])
router.add_router("", reads.router)
router.add_router("", names.router)
