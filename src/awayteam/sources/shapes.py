"""Reading values whose shape nobody promised: small, total helpers shared by the formats.

A format never trusts a type. It asks these helpers, which answer with a value of the asked shape and leave a note
where the file holds something else, so that one wrong value costs that value and nothing around it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from awayteam.sources.declared import Problem

MAX_NAME = 63
"""Longest entity name that the catalog's envelope allows."""
MAX_TEXT = 300
"""Longest one-line summary that is kept, in characters."""
_NOT_NAME = re.compile(r"[^a-z0-9_.]+")
_REFERENCE = re.compile(r"(?:([a-z][a-z0-9]*):)?(?:([a-z0-9]+(?:-[a-z0-9]+)*)/)?([a-z0-9](?:[-a-z0-9_.]*[a-z0-9])?)")
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_NOT_TAG = re.compile(r"[^a-z0-9:+#]+")


@dataclass(slots=True)
class Notes:
    """Collects what is wrong while a file is read; `limit` bounds the list, as a hostile file shall not fill memory."""

    file: str = ""
    document: int | None = None
    limit: int = 1000
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0

    def add(self, message: str, *, line: int | None = None, entity: str | None = None) -> None:
        """Note one problem: what is wrong, and what to do."""
        if len(self.problems) >= self.limit:
            self.left_out += 1
            return
        self.problems.append(Problem(message, self.file, self.document, line, entity))

    def all(self) -> tuple[Problem, ...]:
        """The problems, with one line in place of those beyond the limit."""
        if not self.left_out:
            return tuple(self.problems)
        rest = Problem(f"{self.left_out} more problems of this file are not listed; mend these first", self.file)
        return (*self.problems, rest)


def kind_of(value: Any) -> str:
    """The name of a value's shape in the words of YAML, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, Mapping) else type(value).__name__


def text(value: Any) -> str:
    """A scalar as stripped text; "" for nothing, lists, objects and truth values. Surrogates are replaced."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode("utf-8").strip()


def first_line(value: Any) -> str:
    """The first non-empty line of a text, at most `MAX_TEXT` characters."""
    for line in text(value).splitlines():
        if line.strip():
            return line.strip()[:MAX_TEXT]
    return ""


def object_of(value: Any, where: str, notes: Notes, *, line: int | None = None) -> Mapping[str, Any]:
    """`value` as an object; {} for nothing, and {} with a problem for anything else."""
    if isinstance(value, Mapping):
        return value
    if value is not None:
        notes.add(f"{where}: expected an object (key: value), found {kind_of(value)}", line=line)
    return {}


def list_of(value: Any, where: str, notes: Notes, *, line: int | None = None) -> list[Any]:
    """`value` as a list; [] for nothing, and [] with a problem for anything else."""
    if isinstance(value, list | tuple):
        return list(value)
    if value is not None:
        notes.add(f"{where}: expected a list, found {kind_of(value)}", line=line)
    return []


def texts(value: Any, where: str, notes: Notes, *, line: int | None = None) -> list[str]:
    """A list of texts, in order and without doubles; a single text counts as a list of one. Others are noted."""
    if isinstance(value, str):
        value = [value]
    found: dict[str, None] = {}
    for position, item in enumerate(list_of(value, where, notes, line=line), start=1):
        one = text(item)
        if one:
            found[one] = None
        else:
            notes.add(f"{where}: item {position} must be a text, found {kind_of(item)}", line=line)
    return list(found)


def items(value: Any, where: str, notes: Notes, *, line: int | None = None) -> Iterator[tuple[str, Any]]:
    """The pairs of an object whose keys are usable texts."""
    for key, one in object_of(value, where, notes, line=line).items():
        name = text(key)
        if name:
            yield name, one
        else:
            notes.add(f"{where}: a key must be a text, found {kind_of(key)}", line=line)


def folded(value: str) -> str:
    """Lower case with accents removed where there is a plain letter (`Größe` -> `grosse`)."""
    plain = unicodedata.normalize("NFKD", value)
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold().translate(_PLAIN)


@lru_cache(maxsize=1 << 15)
def slug(value: str) -> str:
    """An entity name made of any text: lower case, `[a-z0-9._-]`, 1 to 63 characters, letter or digit at both ends.

    A text that is too long, or that holds letters without a Latin counterpart, ends in a short hash of the whole, so
    that different texts keep different names. A slug of a slug is itself.
    """
    plain = folded(value)
    name = _NOT_NAME.sub("-", plain).strip("-_.")
    if not name:
        return f"x{short_hash(value)}"
    if len(name) <= MAX_NAME and not any(one.isalnum() and not one.isascii() for one in plain):
        return name
    return f"{name[: MAX_NAME - 9].rstrip('-_.')}-{short_hash(value)}"


def short_hash(value: str) -> str:
    """Eight hex digits that stay the same for the same text."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def tag(value: str) -> str:
    """A tag of the catalog's shape (`[a-z0-9:+#]+` joined by `-`, at most 63 characters); "" where nothing is left."""
    return _NOT_TAG.sub("-", folded(value)).strip("-")[:MAX_NAME].strip("-")


def tags(values: list[str]) -> tuple[str, ...]:
    """Tags of a list of texts, without doubles and empties."""
    return tuple(dict.fromkeys(one for one in map(tag, values) if one))


def reference(kind: str, name: str, namespace: str = "default") -> str:
    """The canonical reference of a name that is known to be valid."""
    return f"{kind}:{namespace}/{name}".lower()


def refer(value: Any, kind: str, namespace: str = "default") -> str | None:
    """The canonical reference of `[kind:][namespace/]name` or `{kind, namespace, name}`; None where it is none.

    `kind` and `namespace` are what a shorter form leaves out.
    """
    if isinstance(value, Mapping):
        parts = [text(value.get("kind")) or kind, text(value.get("namespace")) or namespace, text(value.get("name"))]
        value = f"{parts[0]}:{parts[1]}/{parts[2]}"
    match = _REFERENCE.fullmatch(text(value).lower())
    if match is None or any(len(part or "") > MAX_NAME for part in match.groups()):
        return None
    return reference(match[1] or kind, match[3], match[2] or namespace)


@dataclass(slots=True)
class Names:
    """Gives each title of one file a name of its own; two titles with the same slug are told apart by a hash."""

    taken: dict[str, str] = field(default_factory=dict)

    def of(self, title: str, scope: str = "") -> str:
        """The name of `title` within `scope`; the same title always gets the same name."""
        name = slug(title)
        holder = self.taken.setdefault(f"{scope}/{name}", title)
        if holder == title:
            return name
        name = f"{name[: MAX_NAME - 9].rstrip('-_.')}-{short_hash(title)}"
        self.taken.setdefault(f"{scope}/{name}", title)
        return name


def decoded(data: bytes, notes: Notes) -> str | None:
    """The text of a file in UTF-8 or in UTF-16 with BOM; None with a problem for anything else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notes.add(f"byte {error.start + 1} is no UTF-8; save the file in the encoding UTF-8", line=line)
        return None


def json_safe(value: Any, depth: int = 60) -> Any:
    """`value` as plain JSON: keys become texts, dates and other scalars become texts, deeper levels are cut off."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if depth <= 0:
        return "…"
    if isinstance(value, Mapping):
        return {json_safe(str(key)): json_safe(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(one, depth - 1) for one in value]
    return str(value)
