"""REST of transfers of ownership."""

from awayteam.succession.api.routes import router

__all__ = ["router"]
