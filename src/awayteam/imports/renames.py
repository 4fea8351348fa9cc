"""Telling a rename from an end and a beginning. Pure: the caller reads, this decides.

An entity was renamed where the new document says so (`awayteam/aliases`), where nothing but the name has changed, or
where the only entity of its kind in a file gave way to another of the same owner and type.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Face(NamedTuple):
    """An entity as far as it can be recognised. `position` is whatever the caller wants back."""

    position: int
    ref: str
    kind: str
    file_id: int | None
    owner: str | None
    type: str
    digest: str
    aliases: tuple[str, ...] = ()


def pair(vanished: Sequence[Face], fresh: Sequence[Face]) -> list[tuple[Face, Face]]:
    """(old, new) of everything that was renamed; each entity is in one pair at most."""
    found: list[tuple[Face, Face]] = []
    old_left = {face.ref: face for face in vanished}
    new_left = {face.ref: face for face in fresh}

    def take(old: Face, new: Face) -> None:
        found.append((old_left.pop(old.ref), new_left.pop(new.ref)))

    for new in fresh:
        old = next((old_left[alias] for alias in new.aliases if alias in old_left), None)
        if old is not None and _alike(old, new):
            take(old, new)
    for old, new in _only_matches(old_left.values(), new_left.values(), _content):
        take(old, new)
    for old, new in _only_matches(old_left.values(), new_left.values(), _seat):
        if (old.owner, old.type) == (new.owner, new.type):
            take(old, new)
    return found


def _alike(old: Face, new: Face) -> bool:
    return old.kind.casefold() == new.kind.casefold()


def _content(face: Face) -> object:
    return face.kind.casefold(), face.digest


def _seat(face: Face) -> object:
    return face.kind.casefold(), face.file_id


def _only_matches(old: Iterable[Face], new: Iterable[Face], key: object) -> list[tuple[Face, Face]]:
    """Pairs with the same key where there is exactly one on each side."""
    assert callable(key)
    sides: defaultdict[object, tuple[list[Face], list[Face]]] = defaultdict(lambda: ([], []))
    for face in old:
        sides[key(face)][0].append(face)
    for face in new:
        sides[key(face)][1].append(face)
    return [(before[0], after[0]) for before, after in sides.values() if len(before) == len(after) == 1]
