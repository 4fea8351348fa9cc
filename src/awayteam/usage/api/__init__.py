"""REST of what of whom is used: counts of calls, received and stored."""

from ninja import Router

router = Router(tags=["usage"])
