"""The flags of one environment, kept up to date by a thread, and in a file for the time when nobody answers."""

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .evaluating import BadDefinition, Ruleset, read_document
from .http import Reply, ask

log = logging.getLogger("awayteam.openfeature")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking: keys of flags that are new, gone or different; `problem` is "" where all is well."""

    changed: tuple[str, ...] = ()
    problem: str = ""


class Rulesets:
    """`current` is None until something was fetched or read from the file. Reading it needs no lock."""

    def __init__(self, url: str, token: str, *, timeout: float, cache_file: Path | None) -> None:
        self.current: Ruleset | None = None
        self._url, self._token, self._timeout, self._file = url, token, timeout, cache_file
        self._etag = ""
        self._definitions: dict[str, object] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def fetch(self) -> Fetched:
        """Ask once. What can't be fetched or read leaves everything as it is."""
        try:
            reply = ask(self._url, self._token, timeout=self._timeout, etag=self._etag)
        except OSError as error:
            return Fetched(problem=f"{self._url} doesn't answer: {error}")
        if reply.status == 304:
            return Fetched()
        if reply.status != 200:
            said = reply.body[:300].decode("utf-8", "replace")
            return Fetched(problem=f"{self._url} answers {reply.status}: {said}")
        return self._take(reply)

    def read_file(self) -> bool:
        """Take what the file holds; False where there is none that can be used."""
        if self._file is None:
            return False
        try:
            return not self._take(Reply(200, self._file.read_bytes(), ""), keep=False).problem
        except OSError:
            return False

    def poll(self, seconds: float, told: Callable[[Fetched], None]) -> None:
        """Ask again and again in a thread, and tell what came of it."""
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._poll, args=(seconds, told), name="awayteam-openfeature", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(self._timeout + 1)

    def _poll(self, seconds: float, told: Callable[[Fetched], None]) -> None:
        while not self._stop.wait(seconds):
            told(self.fetch())

    def _take(self, reply: Reply, *, keep: bool = True) -> Fetched:
        try:
            document = read_document(reply.body)
        except BadDefinition as error:
            return Fetched(problem=f"{self._url} gives flags that can't be read: {error}")
        whole = {key: (one, document.evaluators) for key, one in document.flags.items()}
        changed = [
            key for key in whole.keys() | self._definitions.keys() if whole.get(key) != self._definitions.get(key)
        ]
        self.current = document.ruleset(reply.etag)
        self._definitions, self._etag = dict(whole), reply.etag
        if keep:
            self._keep(reply.body)
        return Fetched(tuple(sorted(changed)))

    def _keep(self, body: bytes) -> None:
        """Write the file whole or not at all; a disk that is full is no reason to stop."""
        if self._file is None:
            return
        made = ""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, made = tempfile.mkstemp(dir=self._file.parent, prefix=f".{self._file.name}.")
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
            Path(made).replace(self._file)
        except OSError as error:
            log.warning("flags can't be kept in %s: %s", self._file, error)
            if made:
                with contextlib.suppress(OSError):
                    Path(made).unlink()
