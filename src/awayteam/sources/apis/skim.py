"""Reading a few branches out of a huge YAML or JSON description.

An OpenAPI file of 13 MB is nearly all schemas and examples. Building objects for all of it takes tens of seconds, while
running through its parse events takes about one. So the reader says beforehand which branches it wants (`Shape`) and
everything else is passed over. Aliases are never expanded, nesting is bounded, and nothing recurses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

import orjson
import yaml

from awayteam.sources.shapes import Notes, decoded, kind_of
from awayteam.sources.yamldoc.wording import explained

Shape = Mapping[str, "Shape"] | EllipsisType
"""Which keys are wanted; "*" stands for any key, `...` for a whole branch."""
Progress = Callable[[int, int], None]
"""Called with (characters done, characters in all)."""

MAX_DEPTH = 200
_PROGRESS_STEP = 50_000
_NOTHING = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}


class SkimError(ValueError):
    """The text can't be read; `line` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def skim(
    source: str | bytes, shape: Mapping[str, Shape], notes: Notes, progress: Progress | None = None
) -> dict[str, Any] | None:
    """The wanted branches of the first document of `source`; None with a problem where it can't be read.

    JSON yields its numbers as numbers; YAML keeps every scalar but true, false and null as the text that was written,
    which is what titles and versions need (`version: 1.10`).
    """
    content = decoded(source, notes) if isinstance(source, bytes) else source.removeprefix("\ufeff")
    if content is None:
        return None
    root: Any = None
    if content.lstrip()[:1] in ("{", "["):
        try:
            root = orjson.loads(content.encode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            root = None  # perhaps YAML in flow style; else the reader below names the line
    if root is None:
        try:
            root = _skim_yaml(content, shape, notes, progress)
        except SkimError as error:
            notes.add(str(error), line=error.line)
            return None
    if isinstance(root, dict):
        return root
    notes.add(f"expected an object with keys such as {', '.join(list(shape)[:3])}, found {kind_of(root)}", line=1)
    return None


def _skim_yaml(content: str, shape: Mapping[str, Shape], notes: Notes, progress: Progress | None) -> Any:
    wanted: set[str] = set()
    while True:
        reader = _Skimmer(content, wanted, progress)
        root = reader.read(shape)
        missing = reader.missing - wanted
        if not missing:
            break
        wanted |= missing  # an alias led into a branch that was passed over: read again and keep that branch
    for alias in sorted(reader.missing):
        notes.add(f"the alias *{alias} leads nowhere; define &{alias} before it")
    for key, line in reader.doubled:
        notes.add(f"the key {key!r} stands twice in the same object; the last one counts, remove the other", line=line)
    return root


@dataclass(slots=True)
class _Frame:
    """A collection that is being read. In an object `key` is the key whose value comes next, None before a key."""

    value: Any
    shape: Shape | None
    anchor: str | None
    is_object: bool
    key: str | None = None


@dataclass(slots=True)
class _Skimmer:
    content: str
    wanted: set[str]
    progress: Progress | None
    anchors: dict[str, Any] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    doubled: list[tuple[str, int]] = field(default_factory=list)
    events: int = 0

    def read(self, shape: Shape) -> Any:
        try:
            loader = yaml.CSafeLoader(self.content)
            while not isinstance(event := loader.get_event(), yaml.DocumentStartEvent):
                if event is None or isinstance(event, yaml.StreamEndEvent):
                    raise SkimError("the text is empty; give it a description or remove it", 1)
            return self._node(loader, loader.get_event(), shape)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else None
            raise SkimError(f"no valid YAML: {explained(error, self.content)}", line) from None
        except yaml.YAMLError as error:
            raise SkimError(f"no valid YAML: {str(error).splitlines()[0]}") from None
        except UnicodeError:
            raise SkimError("the text holds half of a UTF-16 pair; save it as UTF-8") from None

    def _node(self, loader: Any, event: Any, shape: Shape) -> Any:
        """Read one node with everything below it that is wanted."""
        stack: list[_Frame] = []
        result: Any = None
        while True:
            kind = type(event)
            self._count(event)
            ends = kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent
            starts = kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent
            here = ... if ends else self._shape_here(stack, shape, event)
            if here is None:
                if starts:
                    self._pass_over(loader, len(stack))
                outermost = self._settle(stack, None, event)
            elif starts:
                if len(stack) >= MAX_DEPTH:
                    raise SkimError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark.line + 1)
                is_object = kind is yaml.MappingStartEvent
                stack.append(_Frame({} if is_object else [], here, event.anchor, is_object))
                outermost = False
            else:
                result = self._finish(stack.pop()) if ends else self._leaf(event, kind)
                outermost = self._settle(stack, result, event, kept=True)
            if outermost:
                return result
            event = loader.get_event()

    def _pass_over(self, loader: Any, above: int) -> None:
        """Run to the end of the collection that has just begun, keeping only anchored parts that an alias asked for."""
        depth = 1
        while depth:
            event = loader.get_event()
            kind = type(event)
            self._count(event)
            if self.wanted and getattr(event, "anchor", None) in self.wanted and kind is not yaml.AliasEvent:
                self._node(loader, event, ...)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                depth += 1
                if depth + above > MAX_DEPTH:
                    raise SkimError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark.line + 1)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                depth -= 1

    def _count(self, event: Any) -> None:
        self.events += 1
        if self.progress is not None and self.events % _PROGRESS_STEP == 0:
            self.progress(min(event.end_mark.index, len(self.content)), len(self.content))

    def _shape_here(self, stack: list[_Frame], root: Shape | None, event: Any) -> Shape | None:
        """What is wanted of the node that begins with `event`."""
        anchor = getattr(event, "anchor", None)
        if anchor is not None and anchor in self.wanted and type(event) is not yaml.AliasEvent:
            return ...
        if not stack:
            return root
        frame = stack[-1]
        if frame.shape is None or frame.shape is ... or not frame.is_object:
            return frame.shape
        if frame.key is None:
            return ...  # a key
        if frame.key == "<<":
            return frame.shape
        return frame.shape.get(frame.key) or frame.shape.get("*")

    def _leaf(self, event: Any, kind: type) -> Any:
        if kind is yaml.AliasEvent:
            if event.anchor not in self.anchors:
                self.missing.add(event.anchor)
            return self.anchors.get(event.anchor)
        value: Any = event.value
        if event.implicit[0] and not event.style:
            value = None if value in _NOTHING else True if value in _TRUE else False if value in _FALSE else value
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _finish(self, frame: _Frame) -> Any:
        value = frame.value
        if frame.is_object and "<<" in value:
            merged = value.pop("<<")
            for one in merged if isinstance(merged, list) else [merged]:
                if isinstance(one, dict):
                    for key, inner in one.items():
                        value.setdefault(key, inner)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = value
        return value

    def _settle(self, stack: list[_Frame], value: Any, event: Any, *, kept: bool = False) -> bool:
        """Put a finished node where it belongs; true when it was the outermost one."""
        if not stack:
            return True
        frame = stack[-1]
        if not frame.is_object:
            if kept:
                frame.value.append(value)
        elif frame.key is None:
            scalar = type(event) is yaml.ScalarEvent
            frame.key = event.value if scalar else f"({kind_of(value)} as a key)"
        else:
            if kept:
                if frame.key in frame.value:
                    self.doubled.append((frame.key, event.start_mark.line + 1))
                frame.value[frame.key] = value
            frame.key = None
        return False
