"""Beginning with a repository's history: the newest commit, the window, and git at work on the log.

Light to import, so that git can be reading while the rest of the program, and the organisation's files, are loaded.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from awayteam.contributions.rules import Window, back_from, day
from awayteam.sources import gitcmd
from awayteam.sources.githistory import log

_TOMORROW = 86_400


@dataclass(frozen=True, slots=True)
class Options:
    """What a scan is asked: see `awayteam scan --help`. `now` is only used to tell commits dated in the future."""

    since: str = "12mo"
    until: str = ""
    as_of: str = ""
    format: str = "auto"
    ref: str = "HEAD"
    nested: bool = True
    guess: bool = True
    now: int = field(default_factory=lambda: int(time.time()))


class Opening:
    """A history that git has begun to write; a block of `with` gives its commits and ends git.

    `watched` may be set before the first commit is taken: it picks the paths whose changes are wanted. Raises
    `GitError` where there is no history, `ValueError` for a window that says nothing; leaving the block raises
    `GitError` where git failed on the way.
    """

    def __init__(self, repo: str, options: Options, not_in: Sequence[str] = ()) -> None:
        from awayteam.sources.githistory.tree import head

        self.repo = repo
        self.tip = head(repo, options.ref)
        self.window, self.odd = window_of(repo, self.tip, options)
        self.watched: log.Watched = lambda _: []
        history = log.commits(
            repo, self.tip, not_in=not_in, since=self.window.start, watched=lambda paths: self.watched(paths)
        )
        self._stack = ExitStack()
        self._commits = self._stack.enter_context(history)

    def __enter__(self) -> Iterator[log.Commit]:
        return self._commits

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def close(self) -> None:
        """End git without looking at what it wrote; harmless where that has happened."""
        self._stack.close()


def window_of(repo: str, tip: str, options: Options) -> tuple[Window, str]:
    """The window of one repository, and a note where its newest commit is dated in the future.

    Raises `ValueError` for a span or date that can't be read.
    """
    note = ""
    end: int | None
    if options.until:
        end = day(options.until, end=True)
    else:
        newest = gitcmd.run(repo, ["log", "-1", "--format=%ct", tip, "--"]).strip()
        end = int(newest) if newest.isdigit() else None
        if end is None or end > options.now + _TOMORROW:
            plausible = [seconds for seconds in log.times(repo, tip) if seconds <= options.now + _TOMORROW]
            why = "has no date that can be read" if end is None else "is dated in the future"
            note = f"the newest commit {why}; the window ends with the newest of the others"
            end = max(plausible, default=end or 0)
    return Window(back_from(end, options.since), end), note
