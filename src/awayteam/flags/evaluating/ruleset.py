"""Many flags with what stands beside them: a file as flagd reads it, compiled."""

from collections.abc import Mapping
from typing import Any

from .flag import Answer, Code, Flag, Reason, problems_of
from .text import BadDefinition, Problem, line_of, read

MOST_FLAGS = 10_000
MOST_EVALUATORS = 500


class Ruleset:
    """Flags by key, ready to be asked. `version` says which state of them this is."""

    __slots__ = ("flags", "metadata", "version")

    def __init__(self, flags: Mapping[str, Flag], metadata: Mapping[str, Any], version: str = "") -> None:
        self.flags = dict(flags)
        self.metadata = dict(metadata)
        self.version = version

    def evaluate(self, key: str, context: dict[str, Any], at: float | None = None) -> Answer:
        """What `context` gets of one flag; FLAG_NOT_FOUND where there is none."""
        flag = self.flags.get(key)
        if flag is None:
            return Answer(
                None, "", Reason.ERROR, self.metadata, Code.FLAG_NOT_FOUND, f"There is no flag {key[:200]!r}."
            )
        return flag.evaluate(context, at)


class Document:
    """A file of flags as JSON: `flags` by key, shared rules, and metadata of all. `source` is the text."""

    __slots__ = ("evaluators", "flags", "metadata", "source")

    def __init__(
        self, flags: dict[str, Any], evaluators: dict[str, Any], metadata: dict[str, Any], source: str
    ) -> None:
        self.flags, self.evaluators, self.metadata, self.source = flags, evaluators, metadata, source

    def problems(self) -> dict[str, list[Problem]]:
        """What is wrong, by flag; a flag that is well isn't among them."""
        found = {}
        for key, definition in self.flags.items():
            flag = Flag(key, definition, self.evaluators)
            if flag.problems:
                found[key] = [
                    Problem(one.where, one.what, line_of(self.source, ("flags", key, *path)))
                    for one, (path, _what) in zip(
                        problems_of(key, definition, self.evaluators, ""), flag.problems, strict=True
                    )
                ]
        return found

    def ruleset(self, version: str = "") -> Ruleset:
        """All flags compiled; those with problems answer PARSE_ERROR, and the others as they should."""
        made = {key: Flag(key, one, self.evaluators, self.metadata) for key, one in self.flags.items()}
        return Ruleset(made, self.metadata, version)


def read_document(text: str | bytes) -> Document:
    """The flags in a text, in flagd's JSON. Raises `BadDefinition` where the text as a whole can't be used."""
    data = read(text)
    source = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    if not isinstance(data, dict) or not isinstance(data.get("flags"), dict):
        raise BadDefinition([Problem("", 'a file of flags is {"flags": {"key": {...}}}', 1)])
    if len(data["flags"]) > MOST_FLAGS:
        raise BadDefinition([Problem("flags", f"more than {MOST_FLAGS:,} flags")])
    evaluators, metadata = data.get("$evaluators", {}), data.get("metadata", {})
    for name, value in (("$evaluators", evaluators), ("metadata", metadata)):
        if not isinstance(value, dict) or len(value) > MOST_EVALUATORS:
            raise BadDefinition([Problem(name, "an object", line_of(source, (name,)))])
    if bad := [name for name, value in metadata.items() if not isinstance(value, str | bool | int | float)]:
        raise BadDefinition([Problem(f"metadata.{bad[0]}", "a text, number or boolean")])
    return Document(data["flags"], evaluators, metadata, source)
