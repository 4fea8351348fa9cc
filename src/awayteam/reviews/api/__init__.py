"""Reviews, the pool of bar raisers and the public register over HTTP."""

from awayteam.reviews.api.register import router as register
from awayteam.reviews.api.reviews import router as reviews

__all__ = ["register", "reviews"]
