"""Recognises what somebody pasted: references, operations, paths, addresses, stack traces, logs. Pure and bounded.

No text, however hostile, takes long: its size is cut, lines are cut, and every pattern is bounded (a test holds it so).
"""

import re
import unicodedata
from collections.abc import Sequence

from awayteam.requests.routing.parse import addresses, logs, names, traces
from awayteam.requests.routing.parse.findings import Finding, Kind, Parsed, best
from awayteam.requests.routing.parse.frames import LONGEST_LINE

MAX_CHARACTERS = 256 * 1024
MAX_LINES = 2_000
MAX_FINDINGS = 3_000
CLEAR = 0.5
"""A finding of more weight makes single words needless."""
MAX_NESTED = 200
"""Lines of traces in JSON strings that are read in all."""
ANSI = re.compile(r"\x1b(?:\[[0-?]{0,20}[ -/]{0,5}[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
PREFIX = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ][\d:.,]{5,18}(?:Z|[+-]\d\d:?\d\d)? (?:(?:stdout|stderr) [FP] )?|\[[\d:.T\- ]{8,30}\] )"
)
"""What container runtimes put before each line of a program, so that a frame starts where the program's line does."""


def parse(text: str) -> Parsed:
    """Everything that is recognised in a text; only its first 256 K characters and 2,000 lines are read."""
    lines, cut = clean(text)
    frames, taken, remote = traces.read(lines)
    found = list(frames)
    nested = 0
    for number, line in enumerate(lines, start=1):
        if number in taken or not line.strip() or len(found) > MAX_FINDINGS:
            continue
        found += addresses.read(line, number)
        bare = addresses.ADDRESS.sub(" ", line) if "://" in line else line
        said, inner = logs.read(bare, number)
        found += said
        if inner and nested < MAX_NESTED:
            inside = inner.splitlines()[: MAX_NESTED - nested]
            nested += len(inside)
            found += _inside(inside, number)
        elif not inner and not (said and line.lstrip().startswith("{")):
            found += names.read(bare, number)
    clear = any(one.weight > CLEAR for one in found)
    is_short = len(text) <= names.SHORT_TEXT and not clear
    found += names.words(lines if is_short else ())
    kept = sorted(best(found[: 2 * MAX_FINDINGS]), key=lambda one: (one.line, -one.weight))
    short = " ".join(text.split()) if is_short else ""
    return Parsed(tuple(kept[:MAX_FINDINGS]), len(lines), cut, remote, short)


def _inside(lines: Sequence[str], number: int) -> list[Finding]:
    """Findings of a trace in one line of JSON: all of them are on that line."""
    from dataclasses import replace

    frames, _, _ = traces.read(lines)
    return [replace(one, line=number, section=one.section + number * 1_000) for one in frames]


def clean(text: str) -> tuple[list[str], bool]:
    """The lines of a text without colours, control characters and the prefixes of container runtimes; was it cut?"""
    cut = len(text) > MAX_CHARACTERS
    text = ANSI.sub("", text[:MAX_CHARACTERS])
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = cut or len(lines) > MAX_LINES
    return [_line(line) for line in lines[:MAX_LINES]], cut


def _line(line: str) -> str:
    limit = logs.LONGEST_JSON if line.lstrip().startswith("{") else LONGEST_LINE
    line = CONTROL.sub("", line[:limit])
    found = PREFIX.match(line)
    return line[found.end() :] if found is not None else line


__all__ = ["Finding", "Kind", "Parsed", "parse"]
