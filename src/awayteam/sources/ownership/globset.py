"""Which of many path patterns matches, last one first, in time that hardly depends on their number.

Patterns are sequences of segments that share a trie. A folder's state (the trie nodes that its path reaches) is worked
out once and kept; a file then costs one look-up in its folder's state and a test of the few wildcards that could still
win. Nothing backtracks: a segment's wildcard is one pass over that segment.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


_DEEP_PATH = 100
"""Folders nested deeper than this are walked each time rather than kept, so that one path can't fill the memory."""


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
    """A place in the trie: what may follow, and the patterns that end with what follows (sealed once all are added)."""

    __slots__ = (
        "below", "deep", "exact", "extensions", "final_extensions", "final_names", "final_wilds",
        "literal", "loops", "top", "wilds",
    )  # fmt: skip

    def __init__(self, loops: bool = False) -> None:
        self.literal: dict[str, _Node] = {}
        self.extensions: dict[str, _Node] = {}
        self.wilds: dict[str, tuple[Wild, _Node]] = {}
        self.deep: _Node | None = None
        self.loops = loops
        self.exact: list[int] = []
        self.below: list[int] = []
        self.top = -1

    def seal(self) -> None:
        """Work out the best pattern behind each name, extension and wildcard, for look-ups of a path's last segment."""
        self.final_names = {name: node.exact[-1] for name, node in self.literal.items() if node.exact}
        self.final_extensions = {tail: node.exact[-1] for tail, node in self.extensions.items() if node.exact}
        wilds = [(node.exact[-1], wild.matches) for wild, node in self.wilds.values() if node.exact]
        self.final_wilds = sorted(wilds, key=lambda pair: -pair[0])
        tops = (*self.final_names.values(), *self.final_extensions.values(), *(index for index, _ in wilds))
        self.top = max(tops, default=-1)

    def children(self, name: str) -> list["_Node"]:
        """The nodes that one more segment reaches."""
        reached = [wild_node for test, wild_node in self.wilds.values() if test.matches(name)] if self.wilds else []
        child = self.literal.get(name)
        if child is not None:
            reached.append(child)
        if self.extensions and "." in name:
            reached += [self.extensions[tail] for tail in _tails(name, self.extensions)]
        return reached


def _tails(name: str, known: Mapping[str, object]) -> list[str]:
    """Those of the known extensions that the name ends with."""
    if len(name) > _LONG_NAME:
        return [tail for tail in known if name.endswith(tail)]
    found = []
    dot = name.find(".")
    while dot >= 0:
        if name[dot:] in known:
            found.append(name[dot:])
        dot = name.find(".", dot + 1)
    return found


_Folder = tuple[tuple[_Node, ...], tuple[_Node, ...], int]
"""What is known of every path in a folder: its nodes, those that may still overrule, and the best that covers all."""


_AllOf = tuple[tuple[_Node, ...], frozenset[int]]
"""What is known of every path in a folder where every rule counts: its nodes, and the patterns that cover all."""


def _last(finals: tuple[_Node, ...], name: str, best: int) -> int:
    """The best pattern for a path's last segment, `best` included; nodes come with the highest patterns first."""
    dot = name.find(".")
    one_tail = name[dot:] if dot >= 0 and name.find(".", dot + 1) < 0 else None
    for node in finals:
        if node.top <= best:
            break
        found = node.final_names.get(name, -1)
        if found > best:
            best = found
        tails = node.final_extensions
        if tails and dot >= 0:
            found = tails.get(one_tail, -1) if one_tail is not None else _best_tail(name, tails)
            if found > best:
                best = found
        for index, matches in node.final_wilds:
            if index <= best:
                break
            if matches(name):
                best = index
                break
    return best


def _best_tail(name: str, known: Mapping[str, int]) -> int:
    return max((known[tail] for tail in _tails(name, known)), default=-1)


class GlobSet:
    """`last(path)` is the highest index of a pattern that matches, -1 where none does."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        root = _Node()
        nodes = [root]
        for index, (segments, end) in enumerate(patterns):
            _add(root, segments, end, index, nodes)
        for node in nodes:
            node.seal()
        start = (root,) if root.deep is None else (root, root.deep)
        self._root = _folder(start, -1)
        self._folders = {"": self._root}
        self._all: dict[str, _AllOf] = {}
        self._unions: dict[tuple[frozenset[int], tuple[int, ...]], frozenset[int]] = {}

    def last(self, path: str) -> int:
        place, _, name = path.rpartition("/")
        _, finals, best = self._folders.get(place) or self._enter(place)
        return _last(finals, name, best) if finals else best

    def last_many(self, paths: Iterable[str]) -> Iterator[int]:
        """`last` for each path, without the cost of a call for paths that their folder alone decides."""
        for path in paths:
            place, _, name = path.rpartition("/")
            _, finals, best = self._folders.get(place) or self._enter(place)
            yield _last(finals, name, best) if finals else best

    def matching(self, path: str) -> frozenset[int]:
        """All indices that match the path: for formats in which every rule counts. Equal answers are one object."""
        place, _, name = path.rpartition("/")
        nodes, below = self._all.get(place) or self._enter_all(place)
        exact = tuple([index for node in nodes for child in node.children(name) for index in child.exact])
        if not exact:
            return below
        found = self._unions.get((below, exact))
        if found is None:
            if len(self._unions) > _MAX_FOLDERS:
                self._unions = {}
            found = self._unions[(below, exact)] = below.union(exact)
        return found

    def _enter_all(self, place: str) -> _AllOf:
        if len(self._all) > _MAX_FOLDERS:
            self._all = {}
        parts = place.split("/") if place else []
        nodes = self._root[0]
        below = frozenset(index for node in nodes for index in node.below)
        kept = len(parts) <= _DEEP_PATH
        if kept and parts:
            above = place.rpartition("/")[0]
            nodes, below = self._all.get(above) or self._enter_all(above)
            parts = parts[-1:]
        for part in parts:
            nodes = _step(nodes, part)
            more = [index for node in nodes for index in node.below if index not in below]
            below = below.union(more) if more else below
        if kept:
            self._all[place] = (nodes, below)
        return nodes, below

    def used(self, paths: Iterable[str]) -> set[int]:
        """Indices that match at least one of the paths."""
        return set().union(*{id(found): found for found in map(self.matching, paths)}.values())

    def _enter(self, place: str) -> _Folder:
        if len(self._folders) > _MAX_FOLDERS:
            self._folders = {"": self._root}
        parts = place.split("/")
        if len(parts) > _DEEP_PATH:
            return self._enter_unkept(parts)
        above, _, name = place.rpartition("/")
        folder = self._folders.get(above) or self._enter(above)
        folder = self._next(folder, name)
        self._folders[place] = folder
        return folder

    def _enter_unkept(self, parts: list[str]) -> _Folder:
        folder = self._root
        for part in parts:
            folder = self._next(folder, part)
        return folder

    def _next(self, folder: _Folder, name: str) -> _Folder:
        return _folder(_step(folder[0], name), folder[2])


def _folder(nodes: tuple[_Node, ...], best: int) -> _Folder:
    for node in nodes:
        if node.below and node.below[-1] > best:
            best = node.below[-1]
    finals = [node for node in nodes if node.top > best]
    if len(finals) > 1:
        finals.sort(key=_top, reverse=True)
    return nodes, tuple(finals), best


def _top(node: _Node) -> int:
    return node.top


def _step(before: tuple[_Node, ...], name: str) -> tuple[_Node, ...]:
    """The nodes alive one folder further down: those reached, `**` entered from them, and `**` that go on."""
    alive: dict[_Node, bool] = {}
    for node in before:
        if node.loops:
            alive[node] = True
        child = node.literal.get(name)
        if child is not None:
            alive[child] = True
            if child.deep is not None:
                alive[child.deep] = True
        if node.wilds or (node.extensions and "." in name):
            for child in node.children(name):
                alive[child] = True
                if child.deep is not None:
                    alive[child.deep] = True
    return tuple(alive)


def _add(root: _Node, segments: Sequence[Segment], end: End, index: int, nodes: list[_Node]) -> None:
    node = root
    for segment in segments:
        if segment is DEEP:
            if not node.loops:
                if node.deep is None:
                    node.deep = _Node(loops=True)
                    nodes.append(node.deep)
                node = node.deep
            continue
        if isinstance(segment, str):
            node = node.literal.setdefault(segment, _Node())
        elif segment.extension:
            node = node.extensions.setdefault(segment.extension, _Node())
        else:
            node = node.wilds.setdefault(segment.key, (segment, _Node()))[1]
        if not (node.exact or node.below or node.literal or node.wilds or node.extensions or node.deep):
            nodes.append(node)
    if end is not End.BELOW:
        node.exact.append(index)
    if end is not End.FILE:
        node.below.append(index)


def wild(key: str, pieces: Sequence[str | re.Pattern[str] | None]) -> Wild:
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
