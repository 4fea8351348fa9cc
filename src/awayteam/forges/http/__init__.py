"""Asking a forge over HTTP: one client that every kind of forge builds on.

`Http` is made once for a forge and may be used by several threads. It reaches public addresses only (unless the forge
was set up with `allow_private`), follows redirects within its own base address only, bounds bodies, pages and time,
tries again where that can't do harm, and speaks of what was asked by method and path, never by headers.
"""

from awayteam.forges.http.addresses import address_problem, join
from awayteam.forges.http.answers import Answer, HttpError
from awayteam.forges.http.calling import Auth, Fixed, Http
from awayteam.forges.http.terms import SYSTEM_CLOCK, Clock, Terms

__all__ = ["SYSTEM_CLOCK", "Answer", "Auth", "Clock", "Fixed", "Http", "HttpError", "Terms", "address_problem", "join"]
