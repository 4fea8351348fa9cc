"""Which files of a source are read, and in which format.

Without globs all that some format recognises; with globs (or through a Location) what was named. Locations are
followed, each file is read once, and what a descriptor embeds isn't imported again on its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awayteam.sources.context import Context
from awayteam.sources.declared import Problem, Reading, Target
from awayteam.sources.formats import FORMATS, SUFFIXES, Format
from awayteam.sources.parsing import FetchUrl, Pack, Parsed, Remembered, Task, parse_file, parse_many
from awayteam.sources.readers.base import FileStat, Reader, ReadError
from awayteam.sources.readers.paths import Globs, is_glob, join
from awayteam.sources.yamldoc import MAX_BYTES

__all__ = ["FORMATS", "Context", "Discovery", "Format", "Found", "Remembered", "parse_file", "parse_many"]

MAX_HOPS = 20
"""From Location to Location; deeper ones are reported and not followed."""
MAX_GLOBS = 500
"""Different globs in the Locations of one source."""
MAX_TARGETS = 100_000
"""Files that the Locations of one source may add."""

Progress = Callable[[int, int | None, str], None]
"""Is told how many files are done, how many there are as far as known, and which was last."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that belongs to the source. `reading` is None where it is unchanged.

    `hash`, `format` and `needs` (files that went into it, path -> hash) are what to remember, with the reading's
    targets; `hash` is "" where the file can't be read. `packed` is what the caller's `pack` made of the declarations,
    which the reading then lacks.
    """

    path: str
    hash: str
    format: str
    reading: Reading | None
    needs: Mapping[str, str]
    packed: Any = None


class Discovery:
    """Iterate over it once for the files of a source; then `problems` holds what was wrong with finding them.

    `remembered` is what earlier imports know, path by path; `fetch_url` gets what is on hosts that are allowed. Raises
    `ReadError` where the source as a whole can't be read, `ValueError` for a glob that can't match.
    """

    def __init__(
        self,
        reader: Reader,
        globs: Sequence[str] = (),
        *,
        remembered: Mapping[str, Remembered] | None = None,
        workers: int = 1,
        max_bytes: int = MAX_BYTES,
        fetch_url: FetchUrl | None = None,
        progress: Progress | None = None,
        pack: Pack | None = None,
    ) -> None:
        self.reader = reader
        self.problems: list[Problem] = []
        self._globs = tuple(globs)
        self._asked = bool(globs or reader.only)
        self._remembered = remembered or {}
        self._workers, self._max_bytes, self._fetch_url = workers, max_bytes, fetch_url
        self._progress, self._pack = progress, pack
        self._done = 0
        self._total: int | None = None
        self._states: dict[str, str] = {}
        self._deferred: dict[str, FileStat] = {}
        self._embedded: set[str] = set()
        self._edges: dict[str, list[tuple[str, Target]]] = {}
        self._files: dict[str, FileStat] = {}
        self._all: list[FileStat] | None = None
        self._globbed: dict[str, list[FileStat]] = {}

    def __iter__(self) -> Iterator[Found]:
        files = [file for file in self.reader.files(self._globs) if self._asked or _likely(file.path)]
        self.problems.extend(self.reader.problems)
        self._files = {file.path: file for file in files}
        self._total = len(files)
        fresh: list[tuple[str, Target]] = []
        yield from self._parse([self._task(file, self._asked) for file in files], fresh)
        hops = 0
        while fresh:
            hops += 1
            wave = self._follow(fresh, hops)
            fresh = []
            self._total += len(wave)
            yield from self._parse([self._task(file, True) for file in wave], fresh)
        alone = [file for path, file in sorted(self._deferred.items()) if path not in self._embedded]
        yield from self._parse([self._task(file, self._asked, defer=False) for file in alone], fresh)
        self._report_cycles()

    def stamp(self, path: str) -> str:
        """The fingerprint of a file as it was when the files were listed; "" for one that only a Location named."""
        file = self._files.get(path)
        return file.fingerprint if file is not None else ""

    def _task(self, file: FileStat, asked: bool, *, defer: bool = True) -> Task:
        return Task(file, asked, defer, self._remembered.get(file.path))

    def _parse(self, tasks: list[Task], fresh: list[tuple[str, Target]]) -> Iterator[Found]:
        if not tasks:
            return
        self.reader.prepare([task.file.path for task in tasks])
        results = parse_many(
            self.reader,
            tasks,
            self._workers,
            max_bytes=self._max_bytes,
            fetch_url=self._fetch_url,
            pack=self._pack,
        )
        for task, parsed in zip(tasks, results, strict=True):
            found = self._take(task, parsed, fresh)
            if found is not None:
                yield found

    def _take(self, task: Task, parsed: Parsed, fresh: list[tuple[str, Target]]) -> Found | None:
        path = parsed.path
        if parsed.state != "deferred":
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total, path)
        self._states[path] = parsed.state
        if parsed.state == "deferred":
            self._deferred[path] = task.file
            return None
        if parsed.state == "foreign":
            return None
        if parsed.state == "unchanged":
            old = self._remembered[path]
            targets, needs = old.targets, old.needs
        else:
            assert parsed.reading is not None
            targets, needs = parsed.reading.targets, parsed.needs
            self._embedded.update(parsed.reading.embedded)
        self._embedded.update(needs)
        self._deferred.pop(path, None)
        fresh.extend((path, target) for target in targets)
        return Found(path, parsed.hash, parsed.format, parsed.reading, needs, parsed.packed)

    def _follow(self, fresh: list[tuple[str, Target]], hops: int) -> list[FileStat]:
        """The files that these targets add, each once."""
        wave: dict[str, FileStat] = {}
        for base, target in fresh:
            for file in self._resolve(base, target):
                literal = not is_glob(target.target)
                if literal or file.path != base:
                    self._edges.setdefault(base, []).append((file.path, target))
                if self._states.get(file.path) in ("read", "unchanged") or file.path in wave:
                    continue
                if hops > MAX_HOPS:
                    self._report(base, target, f"Locations lead on more than {MAX_HOPS} times; point at it directly")
                elif len(self._states) + len(wave) >= len(self._files) + MAX_TARGETS:
                    self._report(base, target, f"Locations add more than {MAX_TARGETS} files; the rest was left out")
                else:
                    wave[file.path] = file
        return [wave[path] for path in sorted(wave)]

    def _resolve(self, base: str, target: Target) -> list[FileStat]:
        text = target.target
        if "://" in text:
            self._report(base, target, f"{text} is elsewhere; add its repository as a source of its own")
            return []
        path = join(base, text)
        if path is None:
            self._report(base, target, f"{text} leads out of the source; only files within it are read")
            return []
        try:
            if is_glob(path):
                found = self._matching(path)
            else:
                one = self._files.get(path) or self.reader.stat(path)
                found = [one] if one is not None else []
        except (ReadError, ValueError) as error:
            self._report(base, target, str(error))
            return []
        if not found and target.required:
            what = "matches no file" if is_glob(path) else "doesn't exist"
            self._report(base, target, f"{text} {what}; mend the target, or set presence: optional")
        return found

    def _matching(self, glob: str) -> list[FileStat]:
        if glob not in self._globbed:
            if len(self._globbed) >= MAX_GLOBS:
                raise ValueError(f"Locations use more than {MAX_GLOBS} globs; use fewer, wider ones")
            if self._all is None:
                self._all = list(self.reader.files(["**"]))
            wanted = Globs([glob])
            self._globbed[glob] = [file for file in self._all if wanted.match(file.path)]
        return self._globbed[glob]

    def _report(self, base: str, target: Target, message: str) -> None:
        problem = Problem(f"Location: {message}", base, target.document_index, target.line, target.entity)
        if problem not in self.problems[-50:]:
            self.problems.append(problem)

    def _report_cycles(self) -> None:
        """Every Location that leads back to a file from which it was reached."""
        done: set[str] = set()
        for start in sorted(self._edges):
            trail: dict[str, Iterator[tuple[str, Target]]] = {}
            if start not in done:
                trail[start] = iter(self._edges[start])
            while trail:
                here = next(reversed(trail))
                step = next(trail[here], None)
                if step is None:
                    done.add(here)
                    del trail[here]
                    continue
                path, target = step
                if path in trail:
                    names = list(trail)
                    circle = [*names[names.index(path) :], path]
                    shown = " -> ".join(circle if len(circle) <= 8 else [*circle[:7], "...", path])
                    self._report(here, target, f"this goes in a circle: {shown}; remove one of them")
                elif path in self._edges and path not in done:
                    trail[path] = iter(self._edges[path])


def _likely(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)
