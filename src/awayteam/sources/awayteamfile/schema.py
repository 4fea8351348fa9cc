"""What may stand in an `awayteam.yaml`, and the strict reading of it: every mistake is named with its line.

A schema is a dictionary from key to `Field`. Checking returns only values of the promised shape; wrong ones are noted
and left out, so that whoever builds entities needs no further checks.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awayteam.sources.lines import Lines
from awayteam.sources.people.columns import day_of, several, time_zone_of
from awayteam.sources.shapes import Notes, kind_of, text

ROLES = ("member", "lead", "decider", "trusted-committer", "manager")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0", "")


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its shape (`text`, `texts`, `flag`, `day`, `zone`, `map`, `object`, `objects`), and what is said of it.

    `inner` is the schema of objects; `short` names the key that a bare text stands for in a list of objects; `among`
    are the only texts allowed.
    """

    shape: str
    meaning: str
    inner: "Schema | None" = None
    short: str = ""
    among: tuple[str, ...] = ()
    required: bool = False


Schema = Mapping[str, Field]

_NAME = Field("text", "what it is called; the reference is made of it", required=True)
_ABOUT: dict[str, Field] = {
    "name": _NAME,
    "title": Field("text", "the name to show, where it differs"),
    "description": Field("text", "what it is"),
    "tags": Field("texts", "words to find it by"),
    "aliases": Field("texts", "former names or references, so that old links lead here"),
}
_MEMBER: Schema = {
    "person": Field("text", "handle or reference of the person", required=True),
    "role": Field("text", "what the person is to the team", among=ROLES),
    "since": Field("day", "first day"),
    "until": Field("day", "first day on which no longer"),
    "primary": Field("flag", "whether this is the person's main team"),
}
_CALENDAR: Schema = {
    "country": Field("text", "country of the public holidays, ISO 3166 (DE)", required=True),
    "subdivision": Field("text", "part of the country (BE)"),
    "hours": Field("texts", "begin and end of the working day (['09:00', '17:00'])"),
    "weekdays": Field("texts", "working days, Monday is 0 ([0, 1, 2, 3, 4])"),
}
GROUP: Schema = {
    **_ABOUT,
    "type": Field("text", "team or unit by default; any word"),
    "parent": Field("text", "the unit or team above"),
    "mission": Field("text", "what it is there for"),
    "contacts": Field("map", "how to reach it: any names, such as slack or email"),
    "email": Field("text", "address of the whole team"),
    "picture": Field("text", "address of a picture"),
    "calendar": Field("object", "working days and public holidays", inner=_CALENDAR),
    "time_zone": Field("zone", "IANA time zone (Europe/Berlin)"),
    "on_call": Field("text", "address of the on-call schedule"),
    "forge_teams": Field("map", "names on forges (github: acme/shop)"),
    "members": Field("objects", "who belongs to it; a bare handle will do", inner=_MEMBER, short="person"),
}
PERSON: Schema = {
    "handle": Field("text", "short name; the reference is made of it", required=True),
    "name": Field("text", "full name"),
    "emails": Field("texts", "addresses, the first one to write to"),
    "handles": Field("map", "logins elsewhere (github: ada-l)"),
    "teams": Field("objects", "memberships, where they don't stand with the teams", short="team", inner={
        "team": Field("text", "name or reference of the team", required=True),
        **{key: one for key, one in _MEMBER.items() if key != "person"},
    }),
    "manager": Field("text", "handle or reference of the manager"),
    "time_zone": Field("zone", "IANA time zone"),
    "picture": Field("text", "address of a picture"),
    "job_title": Field("text", "what the person does"),
    "left": Field("day", "first day on which the person no longer works here"),
    "aliases": Field("texts", "former handles or references"),
}  # fmt: skip
THING: Schema = {
    **_ABOUT,
    "owner": Field("text", "the team that owns it"),
    "owners": Field("objects", "owners over time, instead of `owner`", short="team", inner={
        "team": Field("text", "name or reference of the team", required=True),
        "since": Field("day", "first day"),
        "until": Field("day", "first day on which no longer"),
        "reason": Field("text", "why it changed hands"),
    }),
    "type": Field("text", "service, website, library, or any word"),
    "lifecycle": Field("text", "experimental, production, deprecated, or any word"),
    "system": Field("text", "the system that it is part of"),
    "domain": Field("text", "the domain that it is part of (systems)"),
    "repository": Field("text", "address of the repository, or owner/name on GitHub"),
    "paths": Field("texts", "where in the repository its code is"),
    "provides": Field("texts", "APIs that it offers"),
    "consumes": Field("texts", "APIs that it uses"),
    "depends_on": Field("texts", "services and resources that it needs"),
    "links": Field("objects", "useful addresses", short="url", inner={
        "url": Field("text", "address", required=True),
        "title": Field("text", "what is there"),
    }),
    "restricted": Field("flag", "whether only those concerned may see it"),
}  # fmt: skip
KINDS: dict[str, tuple[str, str, Schema]] = {
    "units": ("unit", "Group", GROUP),
    "teams": ("team", "Group", GROUP),
    "people": ("person", "User", PERSON),
    "services": ("service", "Component", THING),
    "apis": ("api", "API", THING),
    "resources": ("resource", "Resource", THING),
    "systems": ("system", "System", THING),
    "domains": ("domain", "Domain", THING),
}
"""Section of the file -> (its word in `lists`, kind of the catalog, schema)."""
LIST: Schema = {
    "file": Field("text", "path of a YAML, JSON or CSV file, relative to this one", required=True),
    "as": Field(
        "text", "what each row is", among=tuple(word for word, _kind, _schema in KINDS.values()), required=True
    ),
    "at": Field("texts", "keys that lead to the list within the file"),
    "columns": Field(
        "map", "our key -> the file's column, or several joined by | of which the first filled one counts"
    ),
    "defaults": Field("any", "our key -> value where a row says nothing"),
}
ROOT: dict[str, Field] = {
    "version": Field("text", "1", among=("1",)),
    **{section: Field("objects", "", inner=schema, short="") for section, (_word, _kind, schema) in KINDS.items()},
    "lists": Field("objects", "lists in other files that become entities", inner=LIST),
}


@dataclass(slots=True)
class Checker:
    """Checks values of one document (`lines` tells where they stand) or of one row (`line` does)."""

    notes: Notes
    lines: Lines | None = None
    line: int | None = None
    lenient: bool = False
    """Whether a text may stand for a list (`a; b`) or a truth value, as in cells of a CSV file."""
    path: list[str | int] = field(default_factory=list)
    entity: str | None = None
    """Reference of the entity that is being checked, as far as its name can be told."""

    def here(self) -> int | None:
        return self.line if self.lines is None else self.lines.of(*self.path)

    def note(self, message: str) -> None:
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in self.path)
        self.notes.add(f"{where}: {message}" if where else message, line=self.here(), entity=self.entity)

    def object(self, value: Any, schema: Schema) -> dict[str, Any] | None:
        """The usable values of an object; None where it is none, or lacks what is required."""
        if not isinstance(value, Mapping):
            self.note(f"expected an object (key: value), found {kind_of(value)}")
            return None
        found: dict[str, Any] = {}
        for key, one in value.items():
            self.path.append(str(key))
            if key in schema:
                if one is not None:
                    found[key] = self.value(one, schema[key])
            elif not str(key).startswith("x-"):
                self.note(f"there is no key {str(key)!r} here; {advice(str(key), schema)}")
            self.path.pop()
        missing = [key for key, one in schema.items() if one.required and found.get(key) in (None, "")]
        if missing:
            self.note(f"{' and '.join(map(repr, missing))} must be given")
            return None
        return {key: one for key, one in found.items() if one is not None}

    def value(self, value: Any, wanted: Field) -> Any:
        """`value` in the shape that `wanted` asks for; None with a note where it has another."""
        if wanted.shape == "any":
            return value
        if wanted.shape == "objects":
            return self._objects(value, wanted)
        if wanted.shape == "object":
            return self.object(value, wanted.inner or {})
        if wanted.shape == "map":
            return self._map(value)
        if wanted.shape == "texts":
            return self._texts(value)
        if wanted.shape == "flag":
            return self._flag(value)
        return self._scalar(value, wanted)

    def _scalar(self, value: Any, wanted: Field) -> Any:
        written = text(value)
        if not written and not isinstance(value, str):
            self.note(f"expected a text, found {kind_of(value)}")
            return None
        if wanted.among and written not in wanted.among:
            self.note(f"{written[:60]!r} is not known; {advice(written, wanted.among)}")
            return None
        if wanted.shape == "day":
            try:
                return day_of(written)
            except ValueError:
                self.note(f"{written[:60]!r} is no date; write it as 2026-01-31")
                return None
        if wanted.shape == "zone" and written:
            zone = time_zone_of(written)
            if zone is None:
                self.note(f"{written[:60]!r} is no time zone; write one such as Europe/Berlin")
            return zone
        return written

    def _texts(self, value: Any) -> list[str] | None:
        if isinstance(value, str | int):
            return several(text(value)) if self.lenient else [text(value)]
        if not isinstance(value, list):
            self.note(f"expected a list of texts, found {kind_of(value)}")
            return None
        found = []
        for position, one in enumerate(value):
            if text(one):
                found.append(text(one))
            else:
                self.path.append(position)
                self.note(f"expected a text, found {kind_of(one)}")
                self.path.pop()
        return list(dict.fromkeys(found))

    def _flag(self, value: Any) -> bool | None:
        written = str(value).strip().lower()
        if isinstance(value, bool):
            return value
        if self.lenient and written in (*_TRUE, *_FALSE):
            return written in _TRUE
        self.note(f"expected true or false, found {kind_of(value)}")
        return None

    def _map(self, value: Any) -> dict[str, str] | None:
        if not isinstance(value, Mapping):
            self.note(f"expected an object (key: value), found {kind_of(value)}")
            return None
        found: dict[str, str] = {}
        for key, one in value.items():
            if text(one):
                found[str(key)] = text(one)
            elif one is not None and one != "":
                self.path.append(str(key))
                self.note(f"expected a text, found {kind_of(one)}")
                self.path.pop()
        return found

    def _objects(self, value: Any, wanted: Field) -> list[dict[str, Any]] | None:
        """A list of objects; a bare text stands for the object with `short` alone. In cells texts stand for lists."""
        if self.lenient and isinstance(value, str):
            value = several(value)
        if not isinstance(value, list):
            self.note(f"expected a list, found {kind_of(value)}")
            return None
        found = []
        for position, one in enumerate(value):
            self.path.append(position)
            if wanted.short and isinstance(one, str | int) and text(one):
                found.append({wanted.short: text(one)})
            elif (checked := self.object(one, wanted.inner or {})) is not None:
                found.append(checked)
            self.path.pop()
        return found


def advice(written: str, known: Iterable[str]) -> str:
    """What to write instead: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(written.lower()[:60], known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
