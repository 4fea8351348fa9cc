"""REST of experiments: designed, reviewed, measured, decided."""

from ninja import Router

router = Router(tags=["experiments"])
