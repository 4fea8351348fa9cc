"""Awayteam: service-oriented collaboration for organisations of many small teams."""

__version__ = "0.1.0"
