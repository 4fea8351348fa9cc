"""Operations of AsyncAPI descriptions, 2.x and 3.x, in the words of 3.x.

An operation is named after what the described application does: `send` or `receive`. Version 2 named it after what
its clients do, so `publish` there (clients publish, the application receives) becomes `receive`, and `subscribe`
becomes `send`.
"""

from collections.abc import Mapping
from typing import Any

from awayteam.sources.apis.openapi import follow, is_true
from awayteam.sources.apis.skim import Shape
from awayteam.sources.declared import Operation
from awayteam.sources.shapes import Notes, first_line, items, kind_of, object_of, text

_VERBS_OF_2 = {"publish": "receive", "subscribe": "send"}
_OPERATION: Shape = dict.fromkeys(
    (
        "$ref",
        "action",
        "channel",
        "title",
        "summary",
        "description",
        "operationId",
        "tags",
        "traits",
        "deprecated",
        "x-deprecated",
    ),
    ...,
)
_CHANNEL: Shape = {
    "$ref": ...,
    "address": ...,
    "deprecated": ...,
    "x-deprecated": ...,
    "publish": _OPERATION,
    "subscribe": _OPERATION,
}
SHAPE: dict[str, Shape] = {
    "asyncapi": ...,
    "channels": {"*": _CHANNEL},
    "operations": {"*": _OPERATION},
    "components": {
        "channels": {"*": _CHANNEL},
        "operations": {"*": _OPERATION},
        "operationTraits": {"*": _OPERATION},
        "tags": ...,
    },
}


def read_operations(root: Mapping[str, Any] | None, notes: Notes) -> list[Operation]:
    """One operation for each thing the application sends or receives (`send shipping.created`)."""
    if root is None:
        return []
    version = text(root.get("asyncapi"))
    if not version:
        notes.add("no AsyncAPI description: the key 'asyncapi' with its version is missing")
    if version.startswith(("0", "1")):
        notes.add(f"AsyncAPI {version} is not read; convert the description to version 2 or 3")
        return []
    found = _version_2(root, notes) if version.startswith("2") else _version_3(root, notes)
    return list(found.values())


def _version_2(root: Mapping[str, Any], notes: Notes) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for address, item in items(root.get("channels"), "channels", notes):
        channel = _resolved(root, object_of(item, f"channels.{address}", notes), f"channels.{address}", notes)
        for word, verb in _VERBS_OF_2.items():
            if word in channel:
                _add(found, root, verb, address, "", channel[word], channel, notes)
    return found


def _version_3(root: Mapping[str, Any], notes: Notes) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for name, value in items(root.get("operations"), "operations", notes):
        where = f"operations.{name}"
        body = _resolved(root, object_of(value, where, notes), where, notes)
        verb = text(body.get("action"))
        if verb not in ("send", "receive"):
            if body:
                notes.add(f"{where}: action must be 'send' or 'receive', found {verb or kind_of(body.get('action'))!r}")
            continue
        address, channel = _channel_of(root, body, where, notes)
        if address:
            _add(found, root, verb, address, name, body, channel, notes)
    return found


def _channel_of(
    root: Mapping[str, Any], body: Mapping[str, Any], where: str, notes: Notes
) -> tuple[str, Mapping[str, Any]]:
    """The address of an operation's channel, or its name where the address is open or stands in another file."""
    pointer = text(object_of(body.get("channel"), f"{where}.channel", notes).get("$ref"))
    if not pointer:
        notes.add(f"{where}: channel must be an object with a $ref to a channel")
        return "", {}
    name = pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    target = follow(root, pointer)
    if target is None and pointer.startswith("#"):
        notes.add(f"{where}: its channel {pointer} is not described in this file")
    channel = target if isinstance(target, Mapping) else {}
    if "$ref" in channel:
        inner = follow(root, channel["$ref"])
        channel = inner if isinstance(inner, Mapping) else channel
    return text(channel.get("address")) or name, channel


def _add(
    found: dict[str, Operation],
    root: Mapping[str, Any],
    verb: str,
    address: str,
    name: str,
    value: Any,
    channel: Mapping[str, Any],
    notes: Notes,
) -> None:
    """`name` is the operation's own in version 3; version 2 only knows the `operationId` in its body."""
    where = f"{verb} {address}"
    body = _with_traits(root, object_of(value, where, notes), where, notes)
    deprecated = [one.get(key) for one in (body, channel) for key in ("deprecated", "x-deprecated")]
    key = where if where not in found else f"{where} ({name})"
    summary = first_line(body.get("summary")) or first_line(body.get("title")) or first_line(body.get("description"))
    found[key] = Operation(
        key=key,
        verb=verb,
        path=address,
        summary=summary,
        deprecated=any(is_true(one, f"{where}: deprecated", notes) for one in deprecated),
        tags=_tags(root, body.get("tags"), f"{where}: tags", notes),
        name=text(body.get("operationId")) or name,
    )


def _with_traits(root: Mapping[str, Any], body: Mapping[str, Any], where: str, notes: Notes) -> Mapping[str, Any]:
    """The operation with what its traits add; what the operation says itself wins."""
    traits = body.get("traits")
    if not isinstance(traits, list):
        return body
    merged: dict[str, Any] = {}
    for trait in traits:
        merged.update(_resolved(root, object_of(trait, f"{where}: traits", notes), f"{where}: traits", notes))
    return {**merged, **body}


def _tags(root: Mapping[str, Any], value: Any, where: str, notes: Notes) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list):
        notes.add(f"{where}: expected a list of objects with a name, found {kind_of(value)}")
        return ()
    names: dict[str, None] = {}
    for one in value or ():
        target = follow(root, one["$ref"]) if isinstance(one, Mapping) and "$ref" in one else one
        name = text(target.get("name")) if isinstance(target, Mapping) else text(target)
        if name:
            names[name] = None
    return tuple(names)


def _resolved(root: Mapping[str, Any], value: Mapping[str, Any], where: str, notes: Notes) -> Mapping[str, Any]:
    pointer = value.get("$ref")
    if pointer is None:
        return value
    target = follow(root, pointer)
    if not isinstance(target, Mapping):
        notes.add(f"{where}: the $ref {text(pointer)!r} is not read; only parts of the same file are followed")
        return value
    return {**target, **value}
