"""Checks of what people hand in: each names the field and says what to do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from awayteam.kernel import rulebook
from awayteam.kernel.errors import InvalidInput
from awayteam.reviews import triggers

MAX_TITLE, MAX_TEXT, MAX_LINKS, FARTHEST = 200, 20_000, 50, 3_650


def refuse(wrong: Mapping[str, str]) -> None:
    """Raise `InvalidInput` where something is wrong."""
    if wrong:
        text = "; ".join(f"{name} {problem}" for name, problem in wrong.items())
        raise InvalidInput(f"This can't be used: {text}.", "Mend these.", dict(wrong))


def texts(**given: tuple[str, int]) -> dict[str, str]:
    """What is wrong with texts of which none may be missing: name -> (text, most characters)."""
    wrong = {}
    for name, (text, most) in given.items():
        if not text.strip():
            wrong[name] = "is missing"
        elif len(text) > most or "\0" in text:
            wrong[name] = f"has at most {most:,} characters"
    return wrong


def fields() -> dict[str, str]:
    """The fields of the rulebook with their titles."""
    book = rulebook.current().reviews
    return triggers.named((*book.fields, *book.more_fields))


def questions(field: str) -> tuple[str, ...]:
    """The questions of a field."""
    book = rulebook.current().reviews
    return triggers.questions((*book.questions, *book.more_questions), field)


def field(name: str) -> dict[str, str]:
    """What is wrong with the name of a field."""
    known = fields()
    return {} if name in known else {"field": f"must be one of {', '.join(known)}"}


def links(name: str, given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What is wrong with links, each with `words` and `url` (either may be empty, not both)."""
    if len(given) > MAX_LINKS:
        return {name: f"has at most {MAX_LINKS} lines"}
    for one in given:
        words, url = one.get("words", "").strip(), one.get("url", "").strip()
        if not words and not url:
            return {name: "has an empty line"}
        if len(words) > 500 or len(url) > 2000:
            return {name: "has a line that is too long"}
        if url and not _is_link(url):
            return {name: f"has {url[:60]!r}, which is no address; write https://..."}
    return {}


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def plain_links(given: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """For a JSON column."""
    return [{"words": one.get("words", "").strip(), "url": one.get("url", "").strip()} for one in given]


def ahead(name: str, on: date, today: date) -> dict[str, str]:
    """What is wrong with a date that must lie ahead."""
    if on <= today:
        return {name: "must lie ahead"}
    return {name: f"is more than {FARTHEST} days away"} if on > today + timedelta(days=FARTHEST) else {}
