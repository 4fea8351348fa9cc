"""References, modules, paths and bare names in running text."""

import re
from collections.abc import Iterator, Sequence

from awayteam.requests.routing.parse import paths
from awayteam.requests.routing.parse.findings import LONGEST_TEXT, Finding, Kind
from awayteam.requests.routing.parse.frames import _JAVA_FOREIGN as JAVA_FOREIGN

REFERENCE = re.compile(r"\b(component|api|resource|system|domain|group|user):((?:[\w\-]{1,63}/)?[A-Za-z0-9][\w.\-]{0,62})", re.IGNORECASE)  # fmt: skip # noqa: E501
CHANGE = re.compile(r"(?:^|[\s(\[\"'`])([A-Za-z0-9][\w.\-]{0,99}/[\w.\-]{1,100})(?:#|!|@)([0-9a-f]{1,40})\b")
MODULE = re.compile(r"(?<![\w./\-@:])([a-z_][\w$]{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){2,15})(?![\w/@(]|\.[a-z]{1,4}:\d)")
PATH = re.compile(r"(?<![\w/:.\\@])((?:~?/|\.{1,2}/|[A-Za-z]:[\\/])?(?:[\w@.+$\-\[\]()]{1,100}[/\\]){1,30}[\w@.+$\-\[\]]{1,120})(?::(\d{1,7}))?")  # fmt: skip # noqa: E501
FILE = re.compile(r"(?<![\w/.\\@])([A-Za-z_][\w\-]{1,80}\.[a-z]{1,5})(?::(\d{1,7}))\b")
DIFF = re.compile(r"(?:diff --git a/|\+\+\+ b/|--- a/|rename (?:from|to) )(\S{1,700})")
NAME = re.compile(r"(?<![\w./@\-])([A-Za-z][A-Za-z0-9]{1,60}(?:[\-_][A-Za-z0-9]{1,60}){1,8})(?![\w/@]|\.[a-z])")
WORD = re.compile(r"(?<![\w./@\-])([A-Za-z][A-Za-z0-9]{2,60})(?![\w/@\-])")
ISO = re.compile(r"\d{4}-\d\d-\d\d")
_COMMON = (
    "about access after again all also and any are ask back been before being bug but can cannot change could "
    "data default does error errors fails failed failing feature file find fix for from get gets got has have "
    "help how info into issue its just last like line load log make message more need needs new not now null off "
    "once one only open our out page please problem request requests response returns says seems service should "
    "slow some string system team test than that the their them then there these they this timeout too true false "
    "trace type update use used user using value want warn was way went were what when where which while who why "
    "will with without work working works would you your "
)
COMMON = frozenset(_COMMON.split())
MOST_NAMES = 300
SHORT_TEXT = 600
"""Characters up to which every word of a text may be a name."""


def read(line: str, number: int) -> Iterator[Finding]:
    """What a line of running text names."""
    said = line.strip()[:LONGEST_TEXT]
    if ":" in line:
        for kind, name in REFERENCE.findall(line):
            yield Finding(Kind.REFERENCE, f"{kind}:{name}".lower().rstrip("."), number, 0.95, said)
    if "/" in line:
        for slug, _ in CHANGE.findall(line):
            yield Finding(Kind.REPOSITORY, slug.lower(), number, 0.6, said)
    if line.startswith(("diff --git a/", "+++ b/", "--- a/", "rename ")):
        for path in DIFF.findall(line):
            yield Finding(Kind.PATH, paths.tidy(path), number, 0.9, said)
        return
    if "/" in line or "\\" in line:
        yield from _paths(line, number, said)
    for name, at in FILE.findall(line) if "." in line else ():
        if at and paths.has_source_ending(name):
            yield Finding(Kind.PATH, name, number, 0.45, said)
    if line.count(".") >= 2:
        for module in MODULE.findall(line):
            if not module.startswith(JAVA_FOREIGN) and not module.endswith((".com", ".org", ".net", ".io", ".dev")):
                yield Finding(Kind.MODULE, module, number, 0.45, said)
    for name in NAME.findall(line):
        if not ISO.match(name):
            yield Finding(Kind.NAME, name.lower(), number, 0.35, said)


def _paths(line: str, number: int, said: str) -> Iterator[Finding]:
    for raw, at in PATH.findall(line):
        if paths.is_library(raw):
            continue
        path = paths.without_module_version(paths.tidy(raw))
        known = paths.has_source_ending(path)
        slashes = path.count("/")
        if slashes and (known or slashes >= 2 or raw.startswith("./")):
            weight = 0.85 if known else 0.55
            yield Finding(
                Kind.PATH, path, number, weight if at or known else weight - 0.1, said, paths.module_root(path)
            )


def words(lines: Sequence[str]) -> Iterator[Finding]:
    """Words of a short text that may be names: "checkout" in "checkout is slow"."""
    for number, line in enumerate(lines, start=1):
        for word in WORD.findall(line):
            if word.lower() not in COMMON:
                yield Finding(Kind.NAME, word.lower(), number, 0.25, line.strip()[:LONGEST_TEXT])
