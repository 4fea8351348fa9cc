"""Reads of rounds: lists, the story of one, hours, latency, reports."""

from awayteam.rounds.queries.hours import Hours, bookings, hours
from awayteam.rounds.queries.latency import latencies, latency_of_team
from awayteam.rounds.queries.lists import RoundFilter, RoundRow, list_rounds, rows_of
from awayteam.rounds.queries.reports import report, reports
from awayteam.rounds.queries.story import RemarkRow, Story, load, story

__all__ = [
    "Hours",
    "RemarkRow",
    "RoundFilter",
    "RoundRow",
    "Story",
    "bookings",
    "hours",
    "latencies",
    "latency_of_team",
    "list_rounds",
    "load",
    "report",
    "reports",
    "rows_of",
    "story",
]
