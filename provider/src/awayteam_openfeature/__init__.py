"""Flags and experiments of Awayteam for the OpenFeature SDK, evaluated in the process that asks."""

from .facts import ExposureHook, Facts
from .provider import AwayteamProvider
from .rulesets import Fetched, Rulesets

__all__ = ["AwayteamProvider", "ExposureHook", "Facts", "Fetched", "Rulesets"]
