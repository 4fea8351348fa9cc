"""REST of allocations of a provider's capacity, and growth of use."""

from ninja import Router

router = Router(tags=["allocations"])
