"""How commands that need no installation fail: one sentence on standard error, 1 for the work, 2 for the usage."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


def usage(message: str) -> NoReturn:
    """The command was used wrongly: say how, exit code 2."""
    typer.secho(f"awayteam: {message}", err=True, fg="red" if sys.stderr.isatty() else None)
    raise typer.Exit(2)


@contextmanager
def refused() -> Iterator[None]:
    """Turn what git or a file refuses into a sentence and exit code 1."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except Exception as error:
        if not _is_refusal(error):
            raise
        message = str(error)
    else:
        return
    from awayteam.sources.ownership.base import shown

    typer.secho(f"awayteam: {shown(message)}", err=True, fg="red" if sys.stderr.isatty() else None)
    raise typer.Exit(1)


def _is_refusal(error: Exception) -> bool:
    from awayteam.sources.gitcmd import GitError
    from awayteam.sources.readers.base import ReadError

    return isinstance(error, GitError | ReadError)
