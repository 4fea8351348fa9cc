"""Lines of single values: where in its file stands the key or item that a message is about."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from awayteam.sources.yamldoc import Document

_MAX_DEPTH = 100
_Tree = tuple[int, dict[str | int, Any]]


@dataclass(slots=True)
class Lines:
    """The lines of one document, read once at the first question and then looked up."""

    document: Document
    _tree: _Tree | None = field(default=None, init=False)

    def of(self, *path: str | int) -> int:
        """The line in the file, from 1, of the value at `path`, or of its nearest parent that can be told."""
        if self._tree is None:
            self._tree = _read(self.document.text)
        line, below = self._tree
        for step in path:
            if step not in below:
                break
            line, below = below[step]
        return max(self.document.line, self.document.base + line)


def _read(text: str) -> _Tree:
    try:
        loader = yaml.CSafeLoader(text)
        while (event := loader.get_event()) is not None:
            if isinstance(event, yaml.DocumentStartEvent):
                return _node(loader, loader.get_event(), 0)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        pass
    return 0, {}


def _node(loader: Any, event: Any, depth: int) -> _Tree:
    line: int = event.start_mark.line
    below: dict[str | int, Any] = {}
    if depth > _MAX_DEPTH:
        raise RecursionError
    if type(event) is yaml.MappingStartEvent:
        while type(key := loader.get_event()) is not yaml.MappingEndEvent:
            if type(key) is not yaml.ScalarEvent:
                _node(loader, key, depth + 1)
            inner = _node(loader, loader.get_event(), depth + 1)
            below[getattr(key, "value", "")] = (key.start_mark.line, inner[1])
    elif type(event) is yaml.SequenceStartEvent:
        while type(item := loader.get_event()) is not yaml.SequenceEndEvent:
            below[len(below)] = _node(loader, item, depth + 1)
    return line, below
