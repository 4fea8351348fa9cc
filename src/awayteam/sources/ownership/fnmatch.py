"""Ruby's `File.fnmatch` with FNM_PATHNAME and FNM_DOTMATCH, as segments for a `GlobSet`.

`*` and `?` stay within a segment, `**/` is any number of folders, `[...]` a set (`!` or `^` negates), a backslash takes
the next character as it stands. `**` without a slash behind it is an ordinary `*`.
"""

import re

from awayteam.sources.ownership.globset import DEEP, Segment, wild

_ANY = re.compile(".")
_Piece = str | re.Pattern[str] | None


class NeverMatchesError(ValueError):
    """The pattern can match no path; the text says why."""


def segments(pattern: str) -> list[Segment]:
    """The segments of a pattern that starts with `/`. Raises `NeverMatchesError` for a set without its `]`."""
    found: list[Segment] = []
    at = 1
    while True:
        deep = False
        while pattern.startswith("**/", at):
            deep = True
            at += 3
        if deep:
            found.append(DEEP)
        pieces, at = _segment(pattern, at)
        found.append(_built(pieces))
        if at >= len(pattern):
            return found
        at += 1


def _segment(pattern: str, at: int) -> tuple[list[_Piece], int]:
    """The pieces up to the next separator, and where that stands."""
    pieces: list[_Piece] = []
    while at < len(pattern) and pattern[at] != "/":
        char = pattern[at]
        if char == "*":
            if not pieces or pieces[-1] is not None:
                pieces.append(None)
        elif char == "?":
            pieces.append(_ANY)
        elif char == "[":
            one, at = _set(pattern, at + 1)
            pieces.append(one)
            continue
        else:
            if char == "\\" and at + 1 < len(pattern):
                at += 1
                char = pattern[at]
                if char == "/":
                    break
            if pieces and isinstance(pieces[-1], str):
                pieces[-1] += char
            else:
                pieces.append(char)
        at += 1
    return pieces, at


def _set(pattern: str, at: int) -> tuple[re.Pattern[str], int]:
    """The set that starts behind its `[`, and the place behind its `]`."""
    negated = pattern[at : at + 1] in ("!", "^") and at < len(pattern)
    at += negated
    members = ""
    while at < len(pattern):
        if pattern[at] == "]":
            if not members:
                return re.compile("." if negated else r"[^\s\S]"), at + 1
            return re.compile(f"[{'^' if negated else ''}{members}]"), at + 1
        low, at = _member(pattern, at)
        high = low
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("]", ""):
            high, at = _member(pattern, at + 1)
        if low <= high:
            members += f"{re.escape(low)}-{re.escape(high)}"
    raise NeverMatchesError("a set without its closing ]")


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1


def _built(pieces: list[_Piece]) -> Segment:
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(str(piece) for piece in pieces)
    key = "".join("*" if p is None else re.escape(p) if isinstance(p, str) else f"<{p.pattern}>" for p in pieces)
    return wild(key, pieces)
