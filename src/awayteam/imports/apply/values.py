"""What is in force of an entity: the source's values, with the edits of people laid over as the rulebook says. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from awayteam.imports.records import Record


class Values(NamedTuple):
    """The fields that people can edit; `owner` and `system` are references."""

    title: str
    description: str
    type: str
    lifecycle: str
    owner: str | None
    system: str | None
    tags: tuple[str, ...]
    restricted: bool


class OpenEdit(NamedTuple):
    """A person's value for one field, and what the source says beside it."""

    id: int
    field: str
    value: Any
    declared: Any
    declared_at: datetime | None
    made_at: datetime


def declared_values(record: Record) -> Values:
    return Values(
        record.title,
        record.description,
        record.type,
        record.lifecycle,
        record.owner,
        record.system,
        record.tags,
        record.restricted,
    )


def in_force(
    declared: Mapping[str, Any], edits: list[OpenEdit], wins: str, now: datetime
) -> tuple[dict[str, Any], list[OpenEdit]]:
    """The values in force, and the edits beside which the source now says something else than before.

    `wins` is "person", "source" or "newest": the later of the edit and the source's last change.
    """
    values = dict(declared)
    moved = []
    for edit in edits:
        said = plain(values[edit.field])
        if said != edit.declared:
            edit = edit._replace(declared=said, declared_at=now)
            moved.append(edit)
        if wins == "person" or (wins == "newest" and (edit.declared_at is None or edit.declared_at < edit.made_at)):
            values[edit.field] = tuple(edit.value) if isinstance(edit.value, list) else edit.value
    return values, moved


def plain(value: Any) -> Any:
    """The value as it stands in JSON."""
    return list(value) if isinstance(value, tuple) else value


def changed_paths(old: Any, new: Any, depth: int = 2, prefix: str = "") -> list[str]:
    """Where two documents differ, as dotted paths of at most `depth` words."""
    if old == new:
        return []
    if depth == 0 or not isinstance(old, dict) or not isinstance(new, dict):
        return [prefix.rstrip(".")] if prefix else []
    keys = sorted({*old, *new})
    return [path for key in keys for path in changed_paths(old.get(key), new.get(key), depth - 1, f"{prefix}{key}.")]
