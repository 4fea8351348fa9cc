"""Slow, obvious readings of each format's patterns, written apart from the resolvers that they check."""

import re
from fnmatch import translate


def gitignore_like(pattern: str, path: str) -> bool:
    """GitHub's patterns by trying every way to place segments, by recursion."""
    if pattern == "/":
        return False
    anchored = "/" in pattern.rstrip("/")
    folder_only = pattern.endswith("/")
    parts = pattern.strip("/").split("/")
    if not anchored and parts[0] != "**":
        parts = ["**", *parts]
    names = path.split("/")

    def place(parts: list[str], names: list[str]) -> bool:
        if not parts:
            return bool(names) if folder_only else True
        if parts == ["**"]:
            return bool(names)
        if parts[0] == "**":
            return any(place(parts[1:], names[start:]) for start in range(len(names) + 1))
        if not names:
            return False
        if parts == ["*"] and not folder_only:
            return len(names) == 1
        return one(parts[0], names[0]) and place(parts[1:], names[1:])

    return place(parts, names)


def one(pattern: str, name: str) -> bool:
    """One segment with * and ?, brackets plain, by recursion."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(one(pattern[1:], name[start:]) for start in range(len(name) + 1))
    if pattern[0] == "\\" and len(pattern) > 1:
        return name[:1] == pattern[1] and one(pattern[2:], name[1:])
    return bool(name) and pattern[0] in ("?", name[0]) and one(pattern[1:], name[1:])


def ruby_fnmatch(pattern: str, path: str) -> bool:
    """`File.fnmatch(pattern, path, FNM_PATHNAME | FNM_DOTMATCH)` for patterns without sets and escapes."""
    if pattern.startswith("**/"):
        rest = pattern[3:]
        return any(ruby_fnmatch(rest, path[start:]) for start in [0, *(m.end() for m in re.finditer("/", path))])
    part, slash, rest = pattern.partition("/")
    name, more, tail = path.partition("/")
    if not re.match(translate(part), name) or bool(slash) != bool(more):
        return False
    return ruby_fnmatch(rest, tail) if slash else True
