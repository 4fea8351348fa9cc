"""Answers of a forge: JSON, links to further pages, limits, its clock; and the error that says what went wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from awayteam.forges.port import ForgeError, Limits

LONGEST_SAYING = 300
LONGEST_PAUSE = timedelta(hours=2)
PAUSE_UNTOLD = timedelta(seconds=60)
"""Where a forge limits us without saying until when."""
TRANSIENT = frozenset({500, 502, 503, 504})
_LINK = re.compile(r'<([^<>]{1,4000})>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]{0,100}"|[\w-]{1,100}))*)')
_REL = re.compile(r';\s*rel\s*=\s*"?([\w -]+)"?')


class HttpError(ForgeError):
    """A forge that answered otherwise than asked (`status`, and its `answer`), or didn't answer (`status` 0)."""

    def __init__(
        self,
        says: str,
        *,
        status: int = 0,
        final: bool = False,
        retry_at: datetime | None = None,
        answer: "Answer | None" = None,
    ) -> None:
        super().__init__(says, final=final, retry_at=retry_at)
        self.status, self.answer = status, answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `asked` is method and path for people, header names are in lower case."""

    asked: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Raises `HttpError` where the body isn't JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise HttpError(f"{self.asked} answered {self.status} with what isn't JSON", status=self.status) from error

    def link(self, rel: str) -> str | None:
        """Where the header `Link` leads for `rel` ("next"), None where it doesn't."""
        for found in _LINK.finditer(self.headers.get("link", "")[:20_000]):
            named = _REL.search(found[2])
            if named and rel in named[1].split():
                return found[1]
        return None

    @property
    def saying(self) -> str:
        """What the forge says about it: printable, one line, bounded."""
        try:
            told = orjson.loads(self.body[:100_000])
        except orjson.JSONDecodeError:
            told = None
        words: list[str] = []
        if isinstance(told, dict):
            words = [str(told[name]) for name in ("message", "error", "error_description") if told.get(name)]
            details = told.get("errors")
            words += [_detail(one) for one in details[:3]] if isinstance(details, list) else []
        text = " ".join("; ".join(words).split())
        return "".join(letter for letter in text if letter.isprintable())[:LONGEST_SAYING]


def _detail(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error[name]) for name in ("field", "code") if error.get(name)))


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The forge's clock when it answered."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text[:100])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def limits_of(headers: Mapping[str, str], skew: timedelta | None) -> Limits | None:
    """What an answer says of limits (GitHub, GitLab, and those who copied them), None where it says nothing.

    Moments are the forge's; `skew` (its clock minus ours) makes them ours.
    """
    values = {name: _number(headers, name) for name in ("limit", "remaining", "reset")}
    if values["limit"] is None and values["remaining"] is None:
        return None
    resets_at = _moment(values["reset"])
    seconds = None if skew is None else skew.total_seconds()
    return Limits(
        values["limit"], values["remaining"], resets_at and resets_at - (skew or timedelta()), skew_seconds=seconds
    )


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"x-ratelimit-{name}") or headers.get(f"ratelimit-{name}") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _moment(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_limited(answer: Answer) -> bool:
    """Whether the forge refused because of too many requests: it did nothing, so that asking again does no harm."""
    if answer.status == 429:
        return True
    if answer.status != 403:
        return False
    headers = answer.headers
    return "retry-after" in headers or _number(headers, "remaining") == 0 or "rate limit" in answer.saying.lower()


def retry_at(answer: Answer, now: datetime, skew: timedelta | None) -> datetime | None:
    """When the forge wants to be asked again, by our clock; None where it says nothing."""
    text = answer.headers.get("retry-after", "").strip()
    moment: datetime | None = None
    if text.isascii() and text.isdigit() and len(text) < 10:
        moment = now + timedelta(seconds=int(text))
    elif text and (told := _http_date(text)):
        moment = told - (skew or timedelta())
    elif is_limited(answer):
        limits = limits_of(answer.headers, skew)
        spent = limits is not None and limits.remaining == 0
        moment = limits.resets_at if limits and spent and limits.resets_at else now + PAUSE_UNTOLD
    return None if moment is None else min(max(moment, now), now + LONGEST_PAUSE)
