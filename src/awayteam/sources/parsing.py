"""Reading many files, in this process or in several, in order and with little held at once."""

import gc
import multiprocessing
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from awayteam.sources.context import Context, Fetched, UnreachableError
from awayteam.sources.declared import Declared, Problem, Reading, Target
from awayteam.sources.formats import YIELDING, Format, recognise, recognise_asked
from awayteam.sources.readers.base import FileStat, Reader, ReadError, content_hash
from awayteam.sources.readers.paths import join
from awayteam.sources.yamldoc import MAX_BYTES

FetchUrl = Callable[[str], bytes]
"""Gets the content behind an address whose host is allowed; raises `UnreachableError`. It can be pickled."""
Pack = Callable[[tuple[Declared, ...]], Any]
"""Turns the declarations of a file into what the caller wants across the border of processes. It can be pickled."""
State = Literal["read", "unchanged", "deferred", "foreign"]
_BATCH_FILES = 64
_BATCH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier import keeps of a file, so that it needn't be read again while nothing changed.

    `needs` are the files whose content went into it (path -> hash). `stamp` is the fingerprint of its `FileStat`: while
    it is the same, the file isn't opened.
    """

    hash: str
    format: str = ""
    needs: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be read. `asked`: somebody named it; `defer`: files of yielding formats wait for a second round."""

    file: FileStat
    asked: bool = False
    defer: bool = False
    old: Remembered | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of a task: its content's hash, its format, and its reading.

    "unchanged" has no reading, nor has "foreign" (no format takes the file) or "deferred". Where the caller packs, the
    reading declares nothing and `packed` is what the caller made of its declarations, in the process that read them.
    """

    path: str
    hash: str
    state: State
    format: str = ""
    reading: Reading | None = None
    needs: dict[str, str] = field(default_factory=dict)
    packed: Any = None


class SourceFetch:
    """`Context.fetch` over a reader; `seen` holds the hash of each file of the source that was fetched."""

    def __init__(self, reader: Reader, max_bytes: int, fetch_url: FetchUrl | None) -> None:
        self.reader, self.max_bytes, self.fetch_url = reader, max_bytes, fetch_url
        self.seen: dict[str, str] = {}

    def __call__(self, base: str, target: str) -> Fetched:
        if "://" in target or target.startswith("//"):
            if not target.lower().startswith(("https://", "http://")):
                raise UnreachableError(f"{target} can't be read; name a file within the source by its path")
            if self.fetch_url is None:
                advice = "allow it in the settings, or keep a copy in the repository"
                raise UnreachableError(f"{target} is on a host that isn't allowed; {advice}")
            return Fetched("", self.fetch_url(target))
        path = join(base, target)
        if path is None:
            raise UnreachableError(f"{target} leads out of the source; keep a copy within it")
        try:
            data = self.reader.read(path, max_bytes=self.max_bytes)
        except ReadError as error:
            raise UnreachableError(str(error)) from error
        self.seen[path] = hash_of(self.reader, path, data)
        return Fetched(path, data)


def hash_of(reader: Reader, path: str, data: bytes) -> str:
    """The hash by which a file's content is remembered: git's own where there is one."""
    if reader.exact and (found := reader.stat(path)) is not None:
        return found.fingerprint
    return content_hash(data)


def parse_file(reader: Reader, task: Task, max_bytes: int = MAX_BYTES, fetch_url: FetchUrl | None = None) -> Parsed:
    """Read one file. Nothing is raised: what goes wrong is a problem of the reading."""
    path, old = task.file.path, task.old
    known = old and (old.hash if reader.exact else old.stamp) == task.file.fingerprint
    if old and known and _fresh(reader, old, max_bytes):
        return _unchanged(task, old)
    try:
        data = reader.read(path, max_bytes=max_bytes)
    except ReadError as error:
        if not task.asked and not path.lower().endswith((".yaml", ".yml")):
            return Parsed(path, "", "foreign")
        return Parsed(path, "", "read", reading=_failed(path, str(error)))
    digest = task.file.fingerprint if reader.exact else content_hash(data)
    if old and old.hash == digest and _fresh(reader, old, max_bytes):
        return _unchanged(task, old)
    form = recognise_asked(path, data) if task.asked else recognise(path, data)
    if form is None:
        if task.asked:
            why = "no format takes this file; leave it out, or see which formats are read"
            return Parsed(path, digest, "read", reading=_failed(path, why))
        return Parsed(path, digest, "foreign")
    if form.yielding and task.defer:
        return Parsed(path, digest, "deferred", form.name)
    fetch = SourceFetch(reader, max_bytes, fetch_url)
    with collection_paused():
        reading = _read(form, path, data, Context(fetch, max_bytes))
    return Parsed(path, digest, "read", form.name, reading, fetch.seen)


def _unchanged(task: Task, old: Remembered) -> Parsed:
    state: State = "deferred" if task.defer and old.format in YIELDING else "unchanged"
    return Parsed(task.file.path, old.hash, state, old.format)


def parse_many(
    reader: Reader,
    tasks: Iterable[Task],
    workers: int = 1,
    *,
    max_bytes: int = MAX_BYTES,
    fetch_url: FetchUrl | None = None,
    pack: Pack | None = None,
) -> Iterator[Parsed]:
    """What came of each task, in their order; `workers` processes at once, with two batches of files each in flight."""
    batches = _batches(tasks)
    first = next(batches, None)
    second = next(batches, None) if first else None
    if first is None:
        return
    if workers <= 1 or second is None:
        for batch in (first, second or [], *batches):
            for task in batch:
                yield _packed(parse_file(reader, task, max_bytes, fetch_url), pack)
        return
    begin = (reader, max_bytes, fetch_url, pack)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin, begin)
    waiting: deque[Future[bytes]] = deque()
    try:
        waiting.extend((pool.submit(_work, first), pool.submit(_work, second)))
        waiting.extend(pool.submit(_work, batch) for batch in islice(batches, 2 * workers - 2))
        while waiting:
            payload = waiting.popleft().result()
            waiting.extend(pool.submit(_work, batch) for batch in islice(batches, 1))
            with collection_paused():
                done: list[Parsed] = pickle.loads(payload)  # noqa: S301  (our own process wrote it)
            yield from done
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += task.file.size or 4096
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextmanager
def collection_paused() -> Iterator[None]:
    """No search for cyclic garbage meanwhile: building many small values would start it over and over for nothing."""
    global _pauses
    with _pausing:
        _pauses += 1
        if _pauses == 1 and gc.isenabled():
            gc.disable()
            _resume.set()
    try:
        yield
    finally:
        with _pausing:
            _pauses -= 1
            if _pauses == 0 and _resume.is_set():
                _resume.clear()
                gc.enable()


_pausing = threading.Lock()
_resume = threading.Event()
_pauses = 0


def _fresh(reader: Reader, old: Remembered, max_bytes: int) -> bool:
    """Whether all that went into the file is as it was."""
    for path, digest in old.needs.items():
        found = reader.stat(path)
        if found is None:
            return False
        if reader.exact:
            if found.fingerprint != digest:
                return False
            continue
        try:
            if content_hash(reader.read(path, max_bytes=max_bytes)) != digest:
                return False
        except ReadError:
            return False
    return True


def _read(form: Format, path: str, data: bytes, context: Context) -> Reading:
    try:
        return form.read(path, data, context)
    except Exception as error:  # a fault of ours in one file must not sink the others
        message = f"reading this as {form.name} failed ({type(error).__name__}: {error}); please report it"
        return _failed(path, message[:500])


def _failed(path: str, message: str) -> Reading:
    return Reading(problems=(Problem(message, path),))


def _packed(parsed: Parsed, pack: Pack | None) -> Parsed:
    if pack is None or parsed.reading is None:
        return parsed
    return replace(parsed, reading=replace(parsed.reading, declared=()), packed=pack(parsed.reading.declared))


_worker: tuple[Reader, int, FetchUrl | None, Pack | None] | None = None


def _begin(reader: Reader, max_bytes: int, fetch_url: FetchUrl | None, pack: Pack | None) -> None:
    global _worker
    _worker = (reader, max_bytes, fetch_url, pack)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A reading process whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(batch: list[Task]) -> bytes:
    assert _worker is not None
    reader, max_bytes, fetch_url, pack = _worker
    with collection_paused():
        done = [_packed(parse_file(reader, task, max_bytes, fetch_url), pack) for task in batch]
        return pickle.dumps(done, pickle.HIGHEST_PROTOCOL)
