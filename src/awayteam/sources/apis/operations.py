"""The operations of an API, whatever its type."""

import re
from collections.abc import Callable

from awayteam.sources.apis import asyncapi, graphql, openapi, proto
from awayteam.sources.apis.skim import Progress, skim
from awayteam.sources.declared import Operation, Problem
from awayteam.sources.shapes import Notes, decoded

_READERS = {
    "openapi": "openapi",
    "swagger": "openapi",
    "asyncapi": "asyncapi",
    "grpc": "proto",
    "proto": "proto",
    "protobuf": "proto",
    "graphql": "graphql",
}
_LANGUAGES: dict[str, Callable[[str, Notes], list[Operation]]] = {
    "proto": proto.read_operations,
    "graphql": graphql.read_operations,
}
_HEAD = 4096
_SIGNS = (
    ("openapi", re.compile(r"""^(?:\{\s*)?["']?(?:openapi|swagger)["']?\s*:\s*["']?\d""", re.MULTILINE)),
    ("asyncapi", re.compile(r"""^(?:\{\s*)?["']?asyncapi["']?\s*:\s*["']?\d""", re.MULTILINE)),
    ("proto", re.compile(r"""^\s*(?:syntax|edition)\s*=\s*["']""", re.MULTILINE)),
)


def operations(
    api_type: str, text: str | bytes, progress: Progress | None = None
) -> tuple[list[Operation], list[Problem]]:
    """The operations that a definition describes, and what is wrong with it; never an exception.

    `api_type` is the catalog's word (openapi, swagger, asyncapi, grpc, graphql); for any other type the text is looked
    at, and one that is none of these has no operations and no problems. Problems carry lines of `text` and neither file
    nor entity: the caller knows these. `progress` is called for long descriptions with (done, in all).
    """
    notes = Notes()
    content = decoded(text, notes) if isinstance(text, bytes) else text
    if content is None:
        return [], list(notes.all())
    language = _READERS.get(api_type.strip().lower()) or sniff(content[:_HEAD])
    if not language or not content.strip():
        return [], list(notes.all())
    if language in _LANGUAGES:
        found = _LANGUAGES[language](content.removeprefix("\ufeff"), notes)
    elif language == "asyncapi":
        found = asyncapi.read_operations(skim(content, asyncapi.SHAPE, notes, progress), notes)
    else:
        found = openapi.read_operations(skim(content, openapi.SHAPE, notes, progress), notes)
    return found, list(notes.all())


def sniff(head: str) -> str:
    """The language ("openapi", "asyncapi", "proto") that the beginning of a text is written in; "" for any other."""
    return next((language for language, sign in _SIGNS if sign.search(head)), "")
