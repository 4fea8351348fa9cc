"""Which of many path patterns matches, last one first, in time that hardly depends on their number.

Patterns are sequences of segments that share a trie. A folder's state (the trie nodes that its path reaches) is worked
out once and kept; a file then costs one look-up in its folder's state and a test of the few wildcards that could still
win. Nothing backtracks: a segment's wildcard is one pass over that segment.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

Matcher = Callable[[str], object]
DEEP: Final = None
"""The segment `**`: any number of folders, none included."""
_MAX_FOLDERS = 200_000
"""Folder states kept before they are forgotten, so that memory stays bounded on any input."""


_LONG_NAME = 255
"""Beyond what file systems allow, an extension is tested rule by rule rather than dot by dot."""


class End(Enum):
    """What a pattern covers once its segments are used up."""

    FILE = "the path itself"
    TREE = "the path itself or everything beneath"
    BELOW = "everything beneath"


@dataclass(frozen=True, slots=True)
class Wild:
    """One segment with wildcards: an id that equals for equal segments, and its test.

    `extension` is set where the segment is `*` plus a fixed text that starts with a dot: those are found by look-up.
    """

    key: str
    matches: Matcher
    extension: str = ""


Segment = str | Wild | None
Pattern = tuple[Sequence[Segment], End]


class _Node:
    __slots__ = ("below", "deep", "exact", "literal", "loops", "wild")

    def __init__(self, loops: bool = False) -> None:
        self.literal: dict[str, _Node] = {}
        self.wild: dict[str, tuple[Wild, _Node]] = {}
        self.deep: _Node | None = None
        self.loops = loops
        self.exact: list[int] = []
        self.below: list[int] = []


class _Level:
    """All that can happen from one set of nodes: the state of every folder that reaches just these."""

    __slots__ = ("extensions", "names", "nodes", "wilds")

    def __init__(self, nodes: tuple[_Node, ...]) -> None:
        self.nodes = nodes
        self.names: dict[str, int] = {}
        self.extensions: dict[str, int] = {}
        wilds: dict[str, tuple[int, Matcher]] = {}
        for node in nodes:
            for name, child in node.literal.items():
                if child.exact:
                    self.names[name] = max(child.exact[-1], self.names.get(name, -1))
            for key, (wild, child) in node.wild.items():
                if not child.exact:
                    continue
                if wild.extension:
                    best = self.extensions.get(wild.extension, -1)
                    self.extensions[wild.extension] = max(child.exact[-1], best)
                else:
                    wilds[key] = (max(child.exact[-1], wilds.get(key, (-1, _never))[0]), wild.matches)
        self.wilds = sorted(wilds.values(), key=lambda pair: -pair[0])

    def by_extension(self, name: str, best: int) -> int:
        if len(name) > _LONG_NAME:
            return max((i for tail, i in self.extensions.items() if i > best and name.endswith(tail)), default=best)
        dot = name.find(".")
        while dot >= 0:
            found = self.extensions.get(name[dot:], -1)
            if found > best:
                best = found
            dot = name.find(".", dot + 1)
        return best


class GlobSet:
    """`last(path)` is the highest index of a pattern that matches, -1 where none does."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        root = _Node()
        for index, (segments, end) in enumerate(patterns):
            _add(root, segments, end, index)
        self._levels: dict[tuple[int, ...], _Level] = {}
        start = (root,) if root.deep is None else (root, root.deep)
        best = max((node.below[-1] for node in start if node.below), default=-1)
        self._root = (self._level(start), best)
        self._folders: dict[str, tuple[_Level, int]] = {"": self._root}

    def last(self, path: str) -> int:
        folder, _, name = path.rpartition("/")
        state = self._folders.get(folder)
        level, best = state if state is not None else self._enter(folder)
        found = level.names.get(name, -1)
        if found > best:
            best = found
        if level.extensions:
            best = level.by_extension(name, best)
        for index, matches in level.wilds:
            if index <= best:
                break
            if matches(name):
                return index
        return best

    def matching(self, path: str) -> set[int]:
        """All indices that match the path: the obvious way through the same trie, for lint and requirements."""
        *folders, name = path.split("/")
        nodes: tuple[_Node, ...] = self._root[0].nodes
        found = {index for node in nodes for index in node.below}
        for folder in folders:
            reached = _children(nodes, folder)
            nodes = _closure(nodes, reached)
            found.update(index for node in nodes for index in node.below)
        found.update(index for node in _children(nodes, name) for index in node.exact)
        return found

    def used(self, paths: Iterable[str]) -> set[int]:
        """Indices that match at least one of the paths."""
        seen: set[int] = set()
        folders: dict[str, tuple[_Node, ...]] = {"": self._root[0].nodes}
        for path in paths:
            folder, _, name = path.rpartition("/")
            nodes = folders.get(folder)
            if nodes is None:
                nodes = folders[folder] = self._walk(folder)[0].nodes
                parts = folder.split("/")
                for depth in range(len(parts) + 1):
                    for node in self._walk("/".join(parts[:depth]))[0].nodes:
                        seen.update(node.below)
            elif not folder:
                seen.update(index for node in nodes for index in node.below)
            seen.update(index for node in _children(nodes, name) for index in node.exact)
        return seen

    def _walk(self, folder: str) -> tuple[_Level, int]:
        return self._folders.get(folder) or self._enter(folder)

    def _enter(self, folder: str) -> tuple[_Level, int]:
        if len(self._folders) > _MAX_FOLDERS:
            self._folders = {"": self._root}
        parts = folder.split("/")
        known = len(parts)
        state = None
        while state is None:
            known -= 1
            state = self._folders.get("/".join(parts[:known]))
        for depth in range(known, len(parts)):
            level, best = state
            nodes = _closure(level.nodes, _children(level.nodes, parts[depth]))
            best = max(best, max((node.below[-1] for node in nodes if node.below), default=-1))
            state = (self._level(nodes), best)
            if depth < 64 or depth + 1 == len(parts):  # a path of a million folders isn't kept step by step
                self._folders["/".join(parts[: depth + 1])] = state
        return state

    def _level(self, nodes: tuple[_Node, ...]) -> _Level:
        key = tuple(map(id, nodes))
        level = self._levels.get(key)
        if level is None:
            if len(self._levels) > _MAX_FOLDERS:
                self._levels = {}
                self._folders = {"": self._root}
            level = self._levels[key] = _Level(nodes)
        return level


def _never(_: str) -> object:
    return False


def _add(root: _Node, segments: Sequence[Segment], end: End, index: int) -> None:
    node = root
    for segment in segments:
        if segment is DEEP:
            if not node.loops:
                if node.deep is None:
                    node.deep = _Node(loops=True)
                node = node.deep
        elif isinstance(segment, str):
            node = node.literal.setdefault(segment, _Node())
        else:
            node = node.wild.setdefault(segment.key, (segment, _Node()))[1]
    if end is not End.BELOW:
        node.exact.append(index)
    if end is not End.FILE:
        node.below.append(index)


def _children(nodes: Iterable[_Node], name: str) -> list[_Node]:
    reached: list[_Node] = []
    for node in nodes:
        child = node.literal.get(name)
        if child is not None:
            reached.append(child)
        for wild, child in node.wild.values():
            if wild.matches(name):
                reached.append(child)
    return reached


def _closure(before: Iterable[_Node], reached: list[_Node]) -> tuple[_Node, ...]:
    """The nodes alive one folder further down: those reached, `**` entered from them, and `**` that go on."""
    alive = {id(node): node for node in before if node.loops}
    for node in reached:
        alive[id(node)] = node
        if node.deep is not None:
            alive[id(node.deep)] = node.deep
    return tuple(sorted(alive.values(), key=id))


def wild(key: str, pieces: Sequence[str | None | re.Pattern[str]]) -> Wild:
    """A segment from its pieces: fixed text, None for `*`, a compiled one-character class for `?` and `[...]`.

    The test is linear in the segment's length times the longest fixed piece: between stars the leftmost place of each
    piece is taken and never given back, which is enough since a star can take up whatever lies between.
    """
    if all(isinstance(piece, str) or piece is None for piece in pieces) and pieces.count(None) == 1:
        at = list(pieces).index(None)
        head = "".join(str(piece) for piece in pieces[:at])
        tail = "".join(str(piece) for piece in pieces[at + 1 :])
        return _one_star(key, head, tail)
    source = ""
    chunks: list[str] = [""]
    for piece in pieces:
        if piece is None:
            chunks.append("")
        else:
            chunks[-1] += re.escape(piece) if isinstance(piece, str) else piece.pattern
    source = chunks[0]
    for chunk in chunks[1:-1]:
        if chunk:
            source += f"(?>.*?{chunk})"
    if len(chunks) > 1:
        source += f".*{chunks[-1]}"
    return Wild(key, re.compile(source + r"\Z", re.DOTALL).match)


def _one_star(key: str, head: str, tail: str) -> Wild:
    if not head and not tail:
        return Wild(key, _always)
    if not head:
        extension = tail if tail.startswith(".") else ""
        return Wild(key, lambda name: name.endswith(tail), extension)
    if not tail:
        return Wild(key, lambda name: name.startswith(head))
    least = len(head) + len(tail)
    return Wild(key, lambda name: len(name) >= least and name.startswith(head) and name.endswith(tail))


def _always(_: str) -> object:
    return True
