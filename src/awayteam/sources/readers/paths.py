"""Paths as text that every database, log and terminal can hold, and globs over them.

A path is relative to its source's root and has `/` between its parts. Bytes that aren't UTF-8, control characters and
the backslash itself are written as `\\xNN`, so that each file has one text and each text one file.
"""

import fnmatch
import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache

_ODD = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"((?:\\x[0-9a-f]{2})+)")
MAX_GLOB_PARTS = 40
SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        "__pycache__", "node_modules", "bower_components", "vendor", ".gradle", ".terraform", ".idea",
    }
)  # fmt: skip
"""Folders that hold what others made; discovery passes them by unless a glob names them."""


def encode_path(raw: bytes) -> str:
    """The text of a path's bytes."""
    return _ODD.sub(_escaped, raw.decode("utf-8", "surrogateescape"))


def decode_path(path: str) -> bytes:
    """The bytes of a path's text; the reverse of `encode_path`."""
    parts = _ESCAPE.split(path)
    return b"".join(
        bytes.fromhex(part.replace("\\x", "")) if place % 2 else part.encode("utf-8", "surrogateescape")
        for place, part in enumerate(parts)
    )


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in found[0].encode("utf-8", "surrogateescape"))


def join(base: str, target: str) -> str | None:
    """The path of `target` as named in the file `base`; None where it leaves the root."""
    if target.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), target))
    return None if path == ".." or path.startswith("../") else path


def is_glob(text: str) -> bool:
    return any(mark in text for mark in "*?[")


class Globs:
    """Several globs at once. `**` stands for any number of folders, `*`, `?` and `[...]` for parts of one name.

    A glob is relative to the source's root, so `catalog-info.yaml` is the one there and `**/catalog-info.yaml` any.
    Raises `ValueError` for a glob that could match nothing.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        self.patterns = [_parts(glob) for glob in globs]
        self.named = frozenset(part for pattern in self.patterns for part in pattern)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def match(self, path: str) -> bool:
        parts = path.split("/")
        return any(_match(pattern, parts) for pattern in self.patterns)

    def passes_by(self, folder: str) -> bool:
        """Whether a folder of this name is passed by, whatever is in it."""
        return folder in SKIPPED_FOLDERS and folder not in self.named


def _parts(glob: str) -> tuple[str, ...]:
    parts = tuple(part for part in glob.strip().split("/") if part not in ("", "."))
    if not parts or glob.startswith("/") or ".." in parts:
        raise ValueError(f"{glob!r} is no glob within the source; write it relative to its root, such as **/*.yaml")
    if len(parts) > MAX_GLOB_PARTS:
        raise ValueError(f"{glob!r} has more than {MAX_GLOB_PARTS} parts; shorten it")
    return parts


@lru_cache(maxsize=1024)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))  # linear in time: its stars never give back what they took


def _match(pattern: tuple[str, ...], parts: list[str]) -> bool:
    """Whether the glob's parts cover the path's: the set of places that could be next, part by part."""
    reached = {0}
    for piece in pattern:
        if not reached:
            return False
        if piece == "**":
            reached = set(range(min(reached), len(parts) + 1))
        elif is_glob(piece):
            reached = {at + 1 for at in reached if at < len(parts) and _compiled(piece).match(parts[at])}
        else:
            reached = {at + 1 for at in reached if at < len(parts) and parts[at] == piece}
    return len(parts) in reached
