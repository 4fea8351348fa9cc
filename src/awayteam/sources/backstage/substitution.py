"""`$text`, `$json` and `$yaml`: the content of another file in place of an object with that one key."""

from typing import Any

from awayteam.sources import yamldoc
from awayteam.sources.backstage.envelope import Path
from awayteam.sources.context import Context, UnreachableError
from awayteam.sources.yamldoc.jsontext import parse_json
from awayteam.sources.yamldoc.text import NotTextError, decode, unreadable

MAX_EMBEDDED = 64 * 1024 * 1024
"""Bytes that all substitutions of one file may add up to."""
MARKS = ('$text"', "$text:", '$json"', "$json:", '$yaml"', "$yaml:", "$text'", "$json'", "$yaml'")
_KEYS = frozenset({"$text", "$json", "$yaml"})


class SubstitutionError(Exception):
    """A substitution at `path` failed; the text says which and why."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class Substitution:
    """Substitutes in the documents of one file, `base`; `embedded` are the paths whose content went in."""

    def __init__(self, base: str, context: Context) -> None:
        self.base = base
        self.context = context
        self.embedded: dict[str, None] = {}
        self.left = MAX_EMBEDDED

    def apply(self, value: Any, path: Path = ()) -> Any:
        """`value` with all that its objects name put in. Raises `SubstitutionError`.

        What was put in isn't looked at again. An object that has other keys beside one with `$` stays as it is, and
        so does one whose value is no text.
        """
        if isinstance(value, list):
            return [self.apply(item, (*path, place)) for place, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if not any(key.startswith("$") for key in value):
            return {key: self.apply(item, (*path, key)) for key, item in value.items()}
        if len(value) == 1:
            ((key, target),) = value.items()
            if key in _KEYS and isinstance(target, str):
                return self.content(key, target, (*path, key))
        return value

    def content(self, key: str, target: str, path: Path) -> Any:
        try:
            fetched = self.context.fetch(self.base, target)
        except UnreachableError as error:
            raise SubstitutionError(f"{key}: {error}", path) from error
        self.left -= len(fetched.data)
        if self.left < 0:
            limit = MAX_EMBEDDED // 1048576
            raise SubstitutionError(f"{key}: what this file puts in adds up to more than {limit} MiB; split it", path)
        if fetched.path:
            self.embedded[fetched.path] = None
        try:
            return _parsed(key, fetched.data, self.context.max_bytes)
        except ValueError as error:
            raise SubstitutionError(f"{key}: {target} {error}", path) from error


def _parsed(key: str, data: bytes, max_bytes: int) -> Any:
    if len(data) > max_bytes:
        raise ValueError(f"is too large: {yamldoc.is_too_large(len(data), max_bytes)}")
    if key == "$yaml":
        found = yamldoc.load(data, max_bytes=max_bytes)
        for each in found:
            if each.problem is not None:
                raise ValueError(f"can't be read in line {each.problem.line}: {each.problem.message}")
        if len(found) != 1:
            raise ValueError(f"holds {len(found)} documents; $yaml takes exactly one")
        return found[0].value
    try:
        text = decode(data)
    except NotTextError as error:
        raise ValueError(f"can't be read: {error}") from error
    if (wrong := unreadable(text)) is not None:
        raise ValueError(f"can't be read in line {wrong.line + 1}: {wrong}")
    if key == "$text":
        return text if data.endswith((b"\n", b"\r", b"\n\0")) else text[:-1]
    try:
        return parse_json(text)
    except ValueError as error:
        raise ValueError(f"isn't JSON: {error}; mend it, or use $yaml") from error
