"""The envelope of every entity, checked by the rules of Backstage's catalog model."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from awayteam.sources.shapes import kind_of

Path = tuple[str | int, ...]

MAX_PART = 63
MAX_PREFIX = 253
_KIND = re.compile(r"[a-zA-Z][a-z0-9A-Z]*\Z")
_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_NAMESPACE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_TAG = re.compile(r"[a-z0-9:+#]+(?:-[a-z0-9:+#]+)*\Z")
_PREFIX = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*\Z")
_VERSION = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9.]{0,252}/)?[A-Za-z0-9]{1,63}\Z")


class Fault(NamedTuple):
    """What is wrong at `path` of a document, and what to do."""

    message: str
    path: Path


def check(document: Mapping[str, Any]) -> list[Fault]:
    """All that is wrong with the envelope of `document`; nothing where it is in order."""
    faults: list[Fault] = []
    version, kind, metadata = document.get("apiVersion"), document.get("kind"), document.get("metadata")
    if not isinstance(version, str) or not _VERSION.match(version):
        faults.append(_wrong("apiVersion", version, ("apiVersion",), "write backstage.io/v1alpha1"))
    if not isinstance(kind, str) or len(kind) > MAX_PART or not _KIND.match(kind):
        faults.append(_wrong("kind", kind, ("kind",), "a letter, then letters and digits, at most 63"))
    if not isinstance(metadata, dict):
        faults.append(_wrong("metadata", metadata, ("metadata",), "write a map that has a name"))
        return faults
    if document.get("spec") is not None and not isinstance(document["spec"], dict):
        faults.append(_wrong("spec", document["spec"], ("spec",), "write a map"))
    _names(metadata, faults)
    for key in ("title", "description"):
        if metadata.get(key) is not None and not isinstance(metadata[key], str):
            faults.append(_wrong(f"metadata.{key}", metadata[key], ("metadata", key), "put the text in quotes"))
    for key, look in _PARTS:
        if metadata.get(key) is not None:
            look(metadata[key], faults)
    return faults


def is_name(text: object) -> bool:
    """Whether this may be an entity's name."""
    return isinstance(text, str) and len(text) <= MAX_PART and bool(_NAME.match(text))


def _names(metadata: Mapping[str, Any], faults: list[Fault]) -> None:
    name = metadata.get("name")
    if not is_name(name):
        if isinstance(name, str) and "{{" in name:
            hint = "this is a template's skeleton, not an entity; leave the file out"
        else:
            hint = "1 to 63 of A-Z a-z 0-9 - _ . that begin and end with a letter or digit"
        faults.append(_wrong("metadata.name", name, ("metadata", "name"), hint))
    namespace = metadata.get("namespace")
    if namespace is not None and not (
        isinstance(namespace, str) and len(namespace) <= MAX_PART and _NAMESPACE.match(namespace.lower())
    ):
        hint = "at most 63 of a-z 0-9 with single - between"
        faults.append(_wrong("metadata.namespace", namespace, ("metadata", "namespace"), hint))


@lru_cache(maxsize=4096)
def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= MAX_PREFIX and _PREFIX.match(prefix)):
        return False
    return is_name(name)


def _keys(value: dict[str, Any], where: str, faults: list[Fault]) -> None:
    for key in value:
        if not _is_key(key):
            hint = "an optional DNS prefix and /, then 1 to 63 of A-Z a-z 0-9 - _ ."
            faults.append(
                Fault(f"{_short(key)} can't be a key of metadata.{where}; use {hint}", ("metadata", where, key))
            )


def _labels(value: Any, faults: list[Fault]) -> None:
    if not isinstance(value, dict):
        faults.append(_wrong("metadata.labels", value, ("metadata", "labels"), "write a map"))
        return
    _keys(value, "labels", faults)
    for key, label in value.items():
        if label != "" and not is_name(label):
            hint = "a text, empty or 1 to 63 of A-Z a-z 0-9 - _ .; put numbers and true in quotes"
            faults.append(_wrong(f"the label {_short(key)}", label, ("metadata", "labels", key), hint))


def _annotations(value: Any, faults: list[Fault]) -> None:
    if not isinstance(value, dict):
        faults.append(_wrong("metadata.annotations", value, ("metadata", "annotations"), "write a map"))
        return
    _keys(value, "annotations", faults)
    for key, text in value.items():
        if not isinstance(text, str):
            where = ("metadata", "annotations", key)
            faults.append(_wrong(f"the annotation {_short(key)}", text, where, "put the value in quotes"))


def _tags(value: Any, faults: list[Fault]) -> None:
    if not isinstance(value, list):
        faults.append(_wrong("metadata.tags", value, ("metadata", "tags"), "write a list"))
        return
    for place, tag in enumerate(value):
        if not isinstance(tag, str) or len(tag) > MAX_PART or not _TAG.match(tag):
            hint = "at most 63 of a-z 0-9 : + # with single - between, all lower case"
            faults.append(_wrong("this tag", tag, ("metadata", "tags", place), hint))


def _links(value: Any, faults: list[Fault]) -> None:
    if not isinstance(value, list):
        faults.append(_wrong("metadata.links", value, ("metadata", "links"), "write a list"))
        return
    for place, link in enumerate(value):
        where = ("metadata", "links", place)
        if not isinstance(link, dict):
            faults.append(_wrong("this link", link, where, "write a map that has a url"))
            continue
        if not isinstance(link.get("url"), str) or not link["url"].strip():
            faults.append(_wrong("the url of this link", link.get("url"), (*where, "url"), "write the address"))
        for key in ("title", "icon", "type"):
            if link.get(key) is not None and not isinstance(link[key], str):
                faults.append(_wrong(f"the {key} of this link", link[key], (*where, key), "put the text in quotes"))


_PARTS: tuple[tuple[str, Callable[[Any, list[Fault]], None]], ...] = (
    ("labels", _labels),
    ("annotations", _annotations),
    ("tags", _tags),
    ("links", _links),
)


def _wrong(what: str, value: Any, path: Path, hint: str) -> Fault:
    if value is None:
        return Fault(f"{what} is missing; {hint}", path)
    shown = _short(value) if isinstance(value, str | int | float | bool) else kind_of(value)
    return Fault(f"{what} can't be {shown}; {hint}", path)


def _short(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    shown = repr(text if len(text) <= 60 else text[:57] + "...")
    return shown if isinstance(value, str) else shown[1:-1]
