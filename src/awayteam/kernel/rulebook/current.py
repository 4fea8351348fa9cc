"""The rulebook in force: read again when its file changes."""

import threading
from pathlib import Path

from awayteam.kernel.log import Log
from awayteam.kernel.rulebook.build import RulebookError, defaults, parse
from awayteam.kernel.rulebook.schema import Rulebook

Stamp = tuple[str, int, int]

_lock = threading.Lock()
_good: tuple[Stamp, Rulebook] | None = None
_refused: tuple[Stamp, RulebookError] | None = None


def current() -> Rulebook:
    """The rulebook in force.

    A file that is refused raises `RulebookError` in a process that has none yet; a running process keeps the last good
    one, logs why, and `problem()` tells it.
    """
    stamp = _stamp(_file())
    known = _good
    if known is not None and known[0] == stamp:
        return known[1]
    with _lock:
        return _load(stamp)


def problem() -> RulebookError | None:
    """Why the file as it is now isn't in force, or None where it is."""
    return _refused[1] if _refused is not None and _refused[0] == _stamp(_file()) else None


def forget() -> None:
    """Read the file again at the next question; for tests, and after another file was named."""
    global _good, _refused
    with _lock:
        _good = _refused = None


def _file() -> Path:
    from django.conf import settings  # here, so that a command that needs no installation doesn't load Django

    return Path(settings.RULEBOOK)


def _load(stamp: Stamp) -> Rulebook:
    global _good, _refused
    if _refused is not None and _refused[0] == stamp and _good is not None:
        return _good[1]
    try:
        book = _read(_file())
    except RulebookError as error:
        _refused = (stamp, error)
        if _good is None or _good[0][0] != stamp[0]:
            raise
        Log(__name__).error("rulebook.refused", problems=[str(each) for each in error.problems])
        return _good[1]
    _good, _refused = (stamp, book), None
    return book


def _read(path: Path) -> Rulebook:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return defaults()
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError(f"The rulebook {path} can't be read: {error}.", "Make it a readable UTF-8 file.") from error
    return parse(text, path.name)


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_mtime_ns, status.st_size
