"""Reads of forges, filtered by what the actor may see."""

from awayteam.forges.queries.accounts import AccountRow, accounts, match_person
from awayteam.forges.queries.deliveries import DeadRow, DeliveryRow, dead, deliveries
from awayteam.forges.queries.forges import ForgeRow, Health, forges, repositories, row_of
from awayteam.forges.queries.latency import LatencyRow, Measured, latency, measured

__all__ = [
    "AccountRow",
    "DeadRow",
    "DeliveryRow",
    "ForgeRow",
    "Health",
    "LatencyRow",
    "Measured",
    "accounts",
    "dead",
    "deliveries",
    "forges",
    "latency",
    "match_person",
    "measured",
    "repositories",
    "row_of",
]
