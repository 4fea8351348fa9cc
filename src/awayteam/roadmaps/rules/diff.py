"""What changed between two texts, line by line."""

from difflib import SequenceMatcher
from typing import NamedTuple

AROUND = 3
"""Equal lines that are kept before and after a change."""

MOST_LINES = 4_000


class DiffLine(NamedTuple):
    """`kind` is "same", "gone", "new" or "skip" (then `text` counts the equal lines left out)."""

    kind: str
    text: str


def diff(old: str, new: str) -> list[DiffLine]:
    """The lines of both texts in order. Texts of very many lines are taken as one whole change, which stays quick."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > MOST_LINES:
        return [] if before == after else [*_marked("gone", before), *_marked("new", after)]
    made: list[DiffLine] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            made += _equal(before[a1:a2], first=a1 == 0, last=a2 == len(before))
        else:
            made += [*_marked("gone", before[a1:a2]), *_marked("new", after[b1:b2])]
    return made


def _marked(kind: str, lines: list[str]) -> list[DiffLine]:
    return [DiffLine(kind, line) for line in lines]


def _equal(lines: list[str], *, first: bool, last: bool) -> list[DiffLine]:
    head, tail = 0 if first else AROUND, 0 if last else AROUND
    left = len(lines) - head - tail
    if left <= 1:
        return _marked("same", lines)
    end = len(lines) - tail
    return [*_marked("same", lines[:head]), DiffLine("skip", str(left)), *_marked("same", lines[end:])]
