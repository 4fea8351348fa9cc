"""REST of transfers of ownership."""

from ninja import Router

router = Router(tags=["succession"])
