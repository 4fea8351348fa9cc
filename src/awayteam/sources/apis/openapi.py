"""Operations of OpenAPI descriptions: Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2."""

from collections.abc import Iterator, Mapping
from typing import Any

from awayteam.sources.apis.skim import Shape
from awayteam.sources.declared import Operation
from awayteam.sources.shapes import Notes, first_line, items, kind_of, object_of, text, texts

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MAX_OPERATIONS = 200_000

_OPERATION: Shape = {"summary": ..., "description": ..., "deprecated": ..., "operationId": ..., "tags": ...}
_PATH_ITEM: Shape = {"$ref": ..., "additionalOperations": {"*": _OPERATION}, **dict.fromkeys(METHODS, _OPERATION)}
SHAPE: dict[str, Shape] = {
    "openapi": ...,
    "swagger": ...,
    "paths": {"*": _PATH_ITEM},
    "webhooks": {"*": _PATH_ITEM},
    "components": {"pathItems": {"*": _PATH_ITEM}},
}


def read_operations(root: Mapping[str, Any] | None, notes: Notes) -> list[Operation]:
    """One operation for each path and method (`GET /orders/{id}`) and each webhook (`webhook POST newOrder`)."""
    if root is None:
        return []
    if not text(root.get("openapi")) and not text(root.get("swagger")):
        notes.add("no OpenAPI description: the key 'openapi' (or 'swagger') with its version is missing")
    found: dict[str, Operation] = {}
    for prefix, section in (("", "paths"), ("webhook ", "webhooks")):
        for path, item in items(root.get(section), section, notes):
            for operation in _operations_of(root, path, item, prefix, notes):
                if len(found) >= MAX_OPERATIONS:
                    notes.add(f"only the first {MAX_OPERATIONS} operations are listed; split the description")
                    return list(found.values())
                found[operation.key] = operation
    return list(found.values())


def _operations_of(root: Mapping[str, Any], path: str, item: Any, prefix: str, notes: Notes) -> Iterator[Operation]:
    if path.startswith("x-"):
        return
    item = _resolved(root, object_of(item, path, notes), path, notes)
    for method in METHODS:
        if method in item:
            yield from _operation(method.upper(), path, item[method], prefix, notes)
    if "additionalOperations" in item:
        for method, one in items(item["additionalOperations"], f"{path}.additionalOperations", notes):
            yield from _operation(method, path, one, prefix, notes)


def _operation(verb: str, path: str, value: Any, prefix: str, notes: Notes) -> Iterator[Operation]:
    if not isinstance(value, Mapping):
        notes.add(f"{verb} {path}: expected an object that describes the operation, found {kind_of(value)}")
        return
    tags = texts(value.get("tags"), f"{verb} {path}: tags", notes) if "tags" in value else []
    yield Operation(
        key=f"{prefix}{verb} {path}",
        verb=verb,
        path=path,
        summary=first_line(value.get("summary")) or first_line(value.get("description")),
        deprecated=is_true(value.get("deprecated"), f"{verb} {path}: deprecated", notes),
        tags=tuple(tags),
        name=text(value.get("operationId")),
    )


def is_true(value: Any, where: str, notes: Notes) -> bool:
    """A truth value; texts `true` and `false` are understood, anything else is noted and counts as false."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    notes.add(f"{where}: expected true or false, found {kind_of(value)}")
    return False


def _resolved(root: Mapping[str, Any], item: Mapping[str, Any], path: str, notes: Notes) -> Mapping[str, Any]:
    """A path item with its `$ref` within this description followed once; its own keys win."""
    pointer = item.get("$ref")
    if pointer is None:
        return item
    target = follow(root, pointer)
    if not isinstance(target, Mapping):
        notes.add(f"{path}: the $ref {text(pointer)!r} is not read; only path items of the same file are followed")
        return item
    return {**target, **item}


def follow(root: Mapping[str, Any], pointer: Any) -> Any:
    """What a JSON pointer (`#/components/pathItems/x`) leads to within `root`; None where it leads nowhere."""
    if not isinstance(pointer, str) or not pointer.startswith("#/"):
        return None
    here: Any = root
    for step in pointer[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, Mapping) or key not in here:
            return None
        here = here[key]
    return here
