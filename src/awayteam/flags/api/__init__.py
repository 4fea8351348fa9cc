"""REST of flags, how they are evaluated, and the OpenFeature remote evaluation protocol."""

from ninja import Router

router = Router(tags=["flags"])
