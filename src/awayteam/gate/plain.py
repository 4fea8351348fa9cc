"""A verdict as plain values for JSON, and back: a stable form that pages, the API, CI jobs and the database share.

Moments are ISO 8601 with `Z`. What git names in bytes that are no UTF-8 is quoted as git itself quotes it
(`"caf\\351"`), so that the whole is Unicode that every database and decoder takes.
"""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from awayteam.gate.verdict import Need, Outcome, Reason, Section, Standing, Verdict
from awayteam.sources.ownership.base import shown

_Choice = TypeVar("_Choice", Outcome, Standing)
_OCTAL = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_NAMED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as `json.dumps` takes it. Keys are only ever added to this form."""
    return {
        "outcome": str(verdict.outcome),
        "allowed": verdict.is_allowed,
        "repository": shown(verdict.repository),
        "head": verdict.head,
        "at": moment(verdict.at),
        "until": moment(verdict.until),
        "rulebook": verdict.rulebook,
        "reasons": list(map(_reason, verdict.whole)),
        "needs": list(map(_need, verdict.whole_needs)),
        "sections": list(map(_section, verdict.sections)),
    }


def from_json(data: Any) -> Verdict:
    """The verdict that `as_json` made this of. Raises `ValueError` where it is none; unknown keys are left."""
    _require(data, dict, "the verdict")
    return Verdict(
        outcome=_choice(Outcome, data.get("outcome")),
        repository=_text(data, "repository"),
        head=_text(data, "head"),
        at=_moment(data.get("at"), "at"),
        sections=tuple(map(_as_section, _list(data, "sections"))),
        whole=tuple(map(_as_reason, _list(data, "reasons"))),
        whole_needs=tuple(map(_as_need, _list(data, "needs"))),
        until=_moment_or_none(data, "until"),
        rulebook=_text(data, "rulebook"),
    )


def moment(at: datetime | None) -> str | None:
    """A moment in ISO 8601 with `Z`; microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def quoted(name: str) -> str:
    """A name out of git as Unicode: itself, or quoted as git does where it isn't UTF-8 or begins with a quote."""
    if not name.startswith('"') and "\0" not in name and not any("\ud800" <= c <= "\udfff" for c in name):
        return name
    return '"' + "".join(map(_quoted_byte, name.encode("utf-8", "surrogateescape"))) + '"'


def unquoted(name: str) -> str:
    """What `quoted` made this of."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    raw = name[1:-1].encode("utf-8", "surrogateescape")
    return _OCTAL.sub(_unquoted_byte, raw).decode("utf-8", "surrogateescape")


def _quoted_byte(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _unquoted_byte(match: re.Match[bytes]) -> bytes:
    octal, one = match.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 255])
    return _NAMED.get(one, one)


def _reason(one: Reason) -> dict[str, Any]:
    return {"rule": one.rule, "passes": one.passes, "says": shown(one.says)}


def _need(one: Need) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "says": shown(one.says),
        "count": one.count,
        "people": list(map(shown, one.people)),
        "teams": list(map(shown, one.teams)),
        "else": list(map(shown, one.else_)),
        "until": moment(one.until),
        "address": one.address,
    }


def _section(one: Section) -> dict[str, Any]:
    return {
        "paths": list(map(quoted, one.paths)),
        "rule": quoted(one.rule),
        "owners": list(map(quoted, one.owners)),
        "standing": str(one.standing),
        "outcome": str(one.outcome),
        "engagement": one.engagement,
        "reasons": list(map(_reason, one.reasons)),
        "needs": list(map(_need, one.needs)),
    }


def _as_section(data: Any) -> Section:
    _require(data, dict, "a section")
    return Section(
        paths=tuple(map(unquoted, _texts(data, "paths"))),
        rule=unquoted(_text(data, "rule")),
        owners=tuple(map(unquoted, _texts(data, "owners"))),
        standing=_choice(Standing, data.get("standing")),
        outcome=_choice(Outcome, data.get("outcome")),
        reasons=tuple(map(_as_reason, _list(data, "reasons"))),
        needs=tuple(map(_as_need, _list(data, "needs"))),
        engagement=_number(data, "engagement", 0),
    )


def _as_reason(data: Any) -> Reason:
    _require(data, dict, "a reason")
    return Reason(_said(data, "rule"), data.get("passes") is True, _said(data, "says"))


def _as_need(data: Any) -> Need:
    _require(data, dict, "a need")
    return Need(
        rule=_said(data, "rule"),
        says=_said(data, "says"),
        count=_number(data, "count", 1),
        people=_texts(data, "people"),
        teams=_texts(data, "teams"),
        else_=_texts(data, "else"),
        until=_moment_or_none(data, "until"),
        address=_text(data, "address"),
    )


def _require(data: Any, kind: type, what: str) -> None:
    if not isinstance(data, kind):
        raise ValueError(f"{what} isn't of the form that was expected")


def _list(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key, [])
    _require(found, list, key)
    return list(found)


def _texts(data: dict[str, Any], key: str) -> tuple[str, ...]:
    found = _list(data, key)
    for one in found:
        _require(one, str, key)
    return tuple(found)


def _text(data: dict[str, Any], key: str) -> str:
    found = data.get(key, "")
    _require(found, str, key)
    return str(found)


def _said(data: dict[str, Any], key: str) -> str:
    if key not in data:
        raise ValueError(f"{key} is missing")
    return _text(data, key)


def _number(data: dict[str, Any], key: str, usual: int) -> int:
    found = data.get(key, usual)
    if type(found) is not int:
        raise ValueError(f"{key} is no whole number")
    return found


def _choice(kind: type[_Choice], value: Any) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{str(value)[:60]!r} is none of {', '.join(kind)}") from None


def _moment_or_none(data: dict[str, Any], key: str) -> datetime | None:
    value = data.get(key)
    return None if value is None else _moment(value, key)


def _moment(value: Any, key: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{key} is no moment") from None
    if at.tzinfo is None:
        raise ValueError(f"{key} has no time zone")
    return at.astimezone(UTC)
