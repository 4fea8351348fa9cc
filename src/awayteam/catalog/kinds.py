"""Kinds of entities and how they are spelt, as the formats have it."""

from awayteam.sources.kinds import KINDS, usual_kind

__all__ = ["KINDS", "usual_kind"]
