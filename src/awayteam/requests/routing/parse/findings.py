"""What is found in a text that somebody pasted: plain values, before anything is looked up."""

from dataclasses import dataclass, replace
from enum import StrEnum

LONGEST_VALUE = 1_000
LONGEST_TEXT = 200


class Kind(StrEnum):
    """What a piece of text is."""

    FRAME = "frame"
    HOST = "host"
    LINK = "link"
    MODULE = "module"
    NAME = "name"
    OPERATION = "operation"
    PATH = "path"
    REFERENCE = "reference"
    REPOSITORY = "repository"
    SERVICE = "service"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, on which line (from 1), how much it says (0 to 1), and the text it was found in.

    `value` is normalised: a path with `/`, a host in lower case, a reference, "GET /v1/orders/7". `detail` narrows it:
    of a path or frame the repository that is named with it (`organisation/name`), of a module its language. Frames have
    the `section` of the trace that they are in and their `depth` there: 0 is where it happened. `foreign` marks frames
    of standard and third-party libraries.
    """

    kind: Kind
    value: str
    line: int
    weight: float
    text: str = ""
    detail: str = ""
    section: int = -1
    depth: int = 0
    foreign: bool = False
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """All findings of a text in the order of their lines; each value once for each kind, with its best weight.

    `cut` says that the text was longer than is read. `remote`: the newest trace ends in a library that calls other
    services, so that what it called may be at fault.
    """

    findings: tuple[Finding, ...]
    lines: int
    cut: bool
    remote: bool = False
    words: str = ""


def best(findings: list[Finding]) -> list[Finding]:
    """Each (kind, value, detail) once: where it says most. Frames keep one for each section."""
    kept: dict[tuple[Kind, str, str, int], Finding] = {}
    for one in findings:
        if not one.value or len(one.value) > LONGEST_VALUE:
            continue
        key = (one.kind, one.value, one.detail, one.section)
        had = kept.get(key)
        if had is None or one.weight > had.weight:
            kept[key] = replace(one, line=had.line) if had is not None else one
    return list(kept.values())
