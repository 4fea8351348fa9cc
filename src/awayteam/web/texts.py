"""Words on pages: numbers, plurals, kinds, and names of events."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from awayteam.kernel.businesstime import spoken
from awayteam.web import moments

KIND_WORDS = {
    "api": ("API", "APIs"),
    "component": ("Service", "Services"),
    "domain": ("Domain", "Domains"),
    "group": ("Team", "Teams"),
    "location": ("Location", "Locations"),
    "resource": ("Resource", "Resources"),
    "system": ("System", "Systems"),
    "user": ("Person", "People"),
}
"""Components are called services on pages: that is what people look for."""


def count(number: int | float | None) -> str:
    """12345 as "12,345"."""
    return "—" if number is None else f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """ "1 team", "12,345 teams"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def work_span(minutes: int) -> str:
    """Working time as people say it, by days of eight hours: "1 working day 3 h"."""
    return spoken(minutes, 480)


def kind_words(kind: str, many: bool = False) -> str:
    words = KIND_WORDS.get(kind.casefold())
    return words[many] if words else (f"{kind}s" if many else kind)


def short(text: str, length: int = 120) -> str:
    """The first line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def paragraphs(text: str) -> Markup:
    """Plain text with its paragraphs and line breaks kept."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    lines = (Markup("<br>").join(escape(line) for line in block.strip().split("\n")) for block in blocks)
    return Markup("").join(Markup("<p>{}</p>").format(block) for block in lines)


def with_code(text: str) -> Markup:
    """Plain text in which `backticks` become code."""
    parts = text.split("`")
    marked = (Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts))
    return Markup("").join(marked)


def breakable(text: str) -> Markup:
    """A reference or path that may break after its separators rather than anywhere."""
    return Markup("").join(
        Markup("{}<wbr>").format(part) if part[-1:] in "/:-._" else escape(part)
        for part in re.split(r"(?<=[/:\-._])", text)
        if part
    )


def json_pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def event_words(name: str) -> str:
    """ "ownership.changed" as "ownership changed"."""
    return name.replace(".", " ").replace("_", " ").replace("-", " ")


def field_words(name: str) -> str:
    return name.replace("_", " ")


def value_words(value: Any) -> str:
    """A value in a history: "nothing" where there is none."""
    if value is None or value in ("", [], (), {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


REF = re.compile(
    r"(?:api|component|domain|group|location|resource|system|user):(?P<namespace>[^\s/:]+)/(?P<name>[^\s/]+)"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def history_words(value: Any, length: int = 200) -> Markup | str:
    """A value in a history as people write it: times as times, a reference by its name (whole on hover)."""
    text = value if isinstance(value, str) else ""
    if MOMENT.fullmatch(text):
        return moments.moment(datetime.fromisoformat(text))
    if (found := REF.fullmatch(text)) is not None:
        known = found["name"] if found["namespace"] == "default" else f"{found['namespace']}/{found['name']}"
        return Markup('<span title="{}">{}</span>').format(text, known)
    return short(value_words(value), length)


def is_web_address(text: Any) -> bool:
    """Whether it may stand in a link: http and https only, so that no source can plant a script."""
    try:
        return isinstance(text, str) and urlsplit(text).scheme in {"http", "https", "mailto"}
    except ValueError:
        return False
