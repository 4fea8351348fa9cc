"""What the columns of a list of people may be called, and how their cells are read."""

import re
import zoneinfo
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from awayteam.sources.shapes import folded, text

COLUMNS: dict[str, tuple[str, ...]] = {
    "handle": ("login", "user", "username", "user name", "user id", "uid", "account", "nick", "alias", "id"),
    "github": ("github login", "github handle", "github user", "github username", "github id"),
    "gitlab": ("gitlab login", "gitlab handle", "gitlab user", "gitlab username", "gitlab id"),
    "name": ("full name", "display name", "displayname", "real name", "person", "employee", "employee name"),
    "first_name": ("given name", "firstname", "forename"),
    "last_name": ("family name", "lastname", "surname"),
    "email": ("e mail", "mail", "email address", "e mail address", "emails", "work email"),
    "team": ("teams", "squad", "squads", "group", "groups", "member of", "memberof"),
    "role": ("team role", "function", "position"),
    "job_title": ("title", "job title", "job"),
    "manager": ("reports to", "boss", "line manager", "supervisor", "manager email", "manager login"),
    "unit": ("org unit", "organisation unit", "organization unit", "department", "business unit", "division", "tribe"),
    "starts": ("start", "start date", "from", "since", "joined", "valid from"),
    "ends": ("end", "end date", "until", "to", "left", "valid to", "valid until"),
    "time_zone": ("timezone", "tz", "zone"),
}
_BY_NAME = {spelling: column for column, names in COLUMNS.items() for spelling in (column.replace("_", " "), *names)}
_ROLES = {
    "lead": "lead",
    "leader": "lead",
    "team lead": "lead",
    "tech lead": "lead",
    "technical lead": "lead",
    "maintainer": "lead",
    "chair": "lead",
    "owner": "lead",
    "manager": "manager",
    "unit manager": "manager",
    "engineering manager": "manager",
    "director": "manager",
    "head": "manager",
    "decider": "decider",
    "product owner": "decider",
    "product manager": "decider",
    "trusted committer": "trusted-committer",
    "committer": "trusted-committer",
    "member": "member",
    "": "member",
}
_SPLIT = re.compile(r"[;|\n]")


@lru_cache(maxsize=4096)
def column_of(header: str) -> str:
    """The column that a header means; "" for a column of the file's own, which is kept but not read."""
    words = " ".join(re.split(r"[\s_\-./]+", folded(header).strip()))
    return _BY_NAME.get(words.strip(), "")


def by_column(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values under the names of their columns; the first of two spellings of one column counts."""
    found: dict[str, Any] = {}
    for header, value in values.items():
        column = column_of(str(header))
        if column and value not in (None, "", []):
            found.setdefault(column, value)
    return found


def several(value: Any) -> list[str]:
    """The texts of a cell that may hold several, separated by `;` or `|`, or of a list."""
    parts = value if isinstance(value, list) else _SPLIT.split(text(value))
    return list(dict.fromkeys(one for one in (text(part) for part in parts) if one))


@lru_cache(maxsize=4096)
def role_of(value: str) -> str | None:
    """The role that a text stands for; None where it is something else, such as a job title."""
    return _ROLES.get(" ".join(re.split(r"[\s_\-]+", folded(value).strip())))


def day_of(value: Any) -> date | None:
    """A date as `2026-01-31` (a time after it is ignored). Raises ValueError for anything else that isn't empty."""
    written = text(value)
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return datetime.fromisoformat(written).date()


@lru_cache(maxsize=4096)
def time_zone_of(value: str) -> str | None:
    """The name of an IANA time zone in its proper spelling; None where there is none of this name."""
    try:
        return zoneinfo.ZoneInfo(value).key if value else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
