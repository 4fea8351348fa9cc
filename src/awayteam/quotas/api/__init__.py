"""REST of limits that a proxy enforces."""

from ninja import Router

router = Router(tags=["quotas"])
