"""The formats that are read, in the order in which they are asked whether a file is theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from awayteam.sources import (
    apis,
    awayteamfile,
    backstage,
    compass,
    cortex,
    datadog,
    opslevel,
    people,
    peribolos,
    port,
    sigs,
)
from awayteam.sources.context import Context
from awayteam.sources.declared import Reading


@dataclass(frozen=True, slots=True)
class Format:
    """`recognises(path, data)` is cheap; `read(path, data, context)` raises nothing but reports in its `Reading`.

    A file of a `yielding` format isn't imported on its own where another file takes its content in.
    """

    name: str
    recognises: Callable[[str, bytes], bool]
    read: Callable[[str, bytes, Context], Reading]
    yielding: bool = False


def _of(module: ModuleType, *, yielding: bool = False) -> Format:
    return Format(module.NAME, module.recognises, module.read, yielding)


BACKSTAGE = _of(backstage)
FORMATS: list[Format] = [
    _of(awayteamfile),
    BACKSTAGE,
    _of(peribolos),
    _of(sigs),
    _of(cortex),  # before apis: its files have the shape of OpenAPI
    _of(opslevel),
    _of(compass),
    _of(datadog),
    _of(port),
    _of(people, yielding=True),
    _of(apis, yielding=True),
]
YIELDING = frozenset(each.name for each in FORMATS if each.yielding)

SUFFIXES = (".yaml", ".yml", ".json", ".proto", ".csv", ".tsv")
"""Only files with these endings are looked into without being asked for."""


def recognise(path: str, data: bytes) -> Format | None:
    """The first format that takes the file as its own."""
    return next((each for each in FORMATS if each.recognises(path, data)), None)


def recognise_asked(path: str, data: bytes) -> Format | None:
    """The format of a file that somebody named: any YAML or JSON that nobody else takes is read as a descriptor."""
    found = recognise(path, data)
    if found is None and path.lower().endswith((".yaml", ".yml", ".json")):
        return BACKSTAGE
    return found
