"""The catalog's rules as pure functions: which facts people may edit, what is a good value, whose is in force."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

TAG = re.compile(r"[a-z0-9:+#]+(?:-[a-z0-9:+#]+)*")
NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
NAMESPACE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
KIND = re.compile(r"[a-zA-Z][a-z0-9A-Z]*")
MAX_NAME = 63
MAX_REASON = 2_000
MAX_TAGS = 100
TEXTS = {"title": 300, "description": 100_000, "type": 100, "lifecycle": 100}
"""Longest values in characters of the facts that are texts."""
EDITABLE = ("description", "lifecycle", "owner", "restricted", "system", "tags", "title", "type")


class OpenEdit(NamedTuple):
    """A person's value for one field, and what the source says beside it."""

    id: int
    field: str
    value: Any
    declared: Any
    declared_at: datetime | None
    made_at: datetime


def edit_counts(edit: OpenEdit, wins: str) -> bool:
    """Whether a person's value is in force. `wins` is "person", "source" or "newest": the later of the edit and the
    source's last change."""
    return wins == "person" or (wins == "newest" and (edit.declared_at is None or edit.declared_at < edit.made_at))


def in_force(
    declared: Mapping[str, Any], edits: Sequence[OpenEdit], wins: str, now: datetime
) -> tuple[dict[str, Any], list[OpenEdit]]:
    """The values in force, and the edits beside which the source now says something else than before."""
    values = dict(declared)
    moved = []
    for open_edit in edits:
        edit, said = open_edit, plain(values[open_edit.field])
        if said != edit.declared:
            edit = edit._replace(declared=said, declared_at=now)
            moved.append(edit)
        if edit_counts(edit, wins):
            values[edit.field] = tuple(edit.value) if isinstance(edit.value, list) else edit.value
    return values, moved


def plain(value: Any) -> Any:
    """The value as it stands in JSON."""
    return list(value) if isinstance(value, tuple) else value


def wrong(field: str, value: Any) -> str | None:
    """What is wrong with a person's value for a fact, or None. References are checked by whoever can look them up."""
    if field in TEXTS:
        return _wrong_text(value, TEXTS[field])
    if field == "restricted":
        return None if isinstance(value, bool) else "must be true or false"
    if field == "tags":
        return _wrong_tags(value)
    if field in ("owner", "system"):
        return None if value is None or isinstance(value, str) else "must be a reference, or nothing"
    return f"is no fact that can be edited; these can: {', '.join(EDITABLE)}"


def _wrong_text(value: Any, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be a text"
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        return "holds a character that can't be stored"
    return f"has {len(value)} characters; at most {longest} fit" if len(value) > longest else None


def _wrong_tags(value: Any) -> str | None:
    if not isinstance(value, list | tuple) or not all(isinstance(tag, str) for tag in value):
        return "must be a list of texts"
    if len(value) > MAX_TAGS:
        return f"has {len(value)} tags; at most {MAX_TAGS} fit"
    bad = next((tag for tag in value if len(tag) > MAX_NAME or not TAG.fullmatch(tag)), None)
    return (
        None if bad is None else f"holds {bad[:70]!r}; a tag has lower-case letters, digits, : + # and single hyphens"
    )


def wrong_reason(reason: str) -> str | None:
    """A change by a person says why."""
    if not reason.strip():
        return "say why, for those who come later"
    if "\0" in reason or len(reason) > MAX_REASON:
        return f"must be a text of at most {MAX_REASON} characters"
    return None


def wrong_reference(kind: str, namespace: str, name: str) -> str | None:
    """What is wrong with the parts of a new entity's reference, or None."""
    if len(kind) > MAX_NAME or not KIND.fullmatch(kind):
        return "kind: letters and digits, starting with a letter, at most 63"
    if len(namespace) > MAX_NAME or not NAMESPACE.fullmatch(namespace):
        return "namespace: lower-case letters, digits and single hyphens, at most 63"
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        return "name: letters, digits, - _ and ., a letter or digit at both ends, at most 63"
    return None
