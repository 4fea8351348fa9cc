"""The values of a record, and where two documents differ. Pure."""

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


def changed_paths(old: Any, new: Any, depth: int = 2, prefix: str = "") -> list[str]:
    """Where two documents differ, as dotted paths of at most `depth` words."""
    if old == new:
        return []
    if depth == 0 or not isinstance(old, dict) or not isinstance(new, dict):
        return [prefix.rstrip(".")] if prefix else []
    keys = sorted({*old, *new})
    return [path for key in keys for path in changed_paths(old.get(key), new.get(key), depth - 1, f"{prefix}{key}.")]
