"""What a format may ask for while it reads a file: other files of the same source, within bounds."""

from collections.abc import Callable
from dataclasses import dataclass

from awayteam.sources.yamldoc import MAX_BYTES


class UnreachableError(Exception):
    """A file that another one names can't be had; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content behind a target, and its path from the source's root ("" for what came from elsewhere)."""

    path: str
    data: bytes


Fetch = Callable[[str, str], Fetched]


def no_fetch(_base: str, target: str) -> Fetched:
    """Stands for `Context.fetch` where a file is read alone."""
    raise UnreachableError(
        f"{target} can't be read here, as the file was read alone; import the folder that holds both"
    )


@dataclass(frozen=True, slots=True)
class Context:
    """`fetch(base, target)` reads the file `target` as named in the file `base`; it raises `UnreachableError`.

    `namespace` is where names without one belong, in formats that know no namespaces.
    """

    fetch: Fetch = no_fetch
    max_bytes: int = MAX_BYTES
    namespace: str = "default"
