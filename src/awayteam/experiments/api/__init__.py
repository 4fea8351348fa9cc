"""REST of experiments: designed, reviewed, measured, decided."""

from awayteam.experiments.api.routes import router

__all__ = ["router"]
