"""The headers that tell clients of an end: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and their links."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit


def headers(deprecated: datetime, sunset: datetime | None, more: str = "") -> Sequence[tuple[str, str]]:
    """Name and value of each header, in order. `more` is the address of a page about it, for the links.

    Deprecation is a structured-field date, seconds since 1970 behind an @; Sunset an HTTP date, never before it. Raises
    `ValueError` for times without zone, a sunset before the deprecation, or an address that no header may carry.
    """
    if deprecated.tzinfo is None or (sunset is not None and sunset.tzinfo is None):
        raise ValueError("times need a zone")
    if sunset is not None and sunset < deprecated:
        raise ValueError("the sunset is before the deprecation")
    made = [("Deprecation", f"@{int(deprecated.timestamp())}")]
    if sunset is not None:
        made.append(("Sunset", format_datetime(sunset.astimezone(UTC), usegmt=True)))
    if more:
        if problem := wrong_address(more):
            raise ValueError(problem)
        made.append(("Link", f'<{more}>; rel="deprecation"; type="text/html"'))
        if sunset is not None:
            made.append(("Link", f'<{more}>; rel="sunset"; type="text/html"'))
    return made


def wrong_address(text: str) -> str:
    """Why an address can't stand in a header, "" where it can."""
    if any(sign <= " " or sign in "<>\"'$\\\x7f" or sign > "~" for sign in text):
        return "write the address with ASCII letters only, without spaces, quotes, brackets, dollars or backslashes"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "this is no address"
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "write an address that begins with https://"
    return "" if len(text) <= 500 else "at most 500 characters"


def recipes(made: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """(title, text to paste) for usual places: plain HTTP, nginx, Envoy."""
    plain = "\n".join(f"{name}: {value}" for name, value in made)
    nginx = "\n".join(f"add_header {name} '{value}' always;" for name, value in made)
    envoy = "response_headers_to_add:\n" + "\n".join(
        f"- header: {{key: {name.lower()}, value: '{value.replace('%', '%%')}'}}\n"
        f"  append_action: {'APPEND_IF_EXISTS_OR_ADD' if name == 'Link' else 'OVERWRITE_IF_EXISTS_OR_ADD'}"
        for name, value in made
    )
    return (("HTTP", plain), ("nginx", nginx), ("Envoy", envoy))
