"""Reading one OWNERS file of Gerrit, and its globs as regular expressions."""

import re
from dataclasses import dataclass, field

from awayteam.sources.ownership.base import Finding, Rule, Severity, shown, text_of
from awayteam.sources.ownership.regular import RegularError, RegularSet

_EMAIL = re.compile(r"[^\s@#,]+@[^\s@#,]+\Z")
_PER_FILE = re.compile(r"per-file\s+(.*?)\s*=\s*(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Grant:
    """One line: owners, `set noparent` or an import, for all files or for those that an expression matches."""

    rule: Rule
    owners: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    noparent: bool = False
    imports: str = ""
    whole: bool = False
    """Whether an import brings restricted grants and `set noparent` along (`include`) or not (`file:`)."""


@dataclass(slots=True)
class File:
    grants: list[Grant] = field(default_factory=list)
    noparent: bool = False
    problems: list[Finding] = field(default_factory=list)


class _WrongError(ValueError):
    pass


def read(data: bytes, path: str) -> File:
    """One OWNERS file; a line that Gerrit can't read becomes a finding, the rest counts."""
    file = File()
    folder = path.rpartition("/")[0]
    for number, raw in enumerate(text_of(data).split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(r"set\s+noparent", _uncommented(line)):
            file.noparent = True
            continue
        try:
            file.grants.append(_grant(line, path, number, f"{folder}/"))
        except (_WrongError, RegularError) as error:
            message = f"{shown(line)!r}: {error}; the line is skipped"
            file.problems.append(Finding(Severity.ERROR, "invalid-line", message, path, number))
    return file


def _grant(line: str, path: str, number: int, folder: str) -> Grant:
    restricted = _PER_FILE.match(line)
    if restricted is None:
        if re.match(r"per-file\b", line):
            raise _WrongError("per-file needs GLOB=OWNERS")
        rule = Rule(path, number, folder)
        words = _uncommented(line).split(None, 1)
        if words[0] == "include" and len(words) == 2:
            return Grant(rule, imports=words[1].strip(), whole=True)
        return _owners(_uncommented(line), rule, ())
    globs = _parts(restricted[1])
    expressions = tuple(_expression(glob) for glob in globs)
    RegularSet(expressions)
    rule = Rule(path, number, restricted[1])
    grant = _uncommented(restricted[2])
    if re.fullmatch(r"set\s+noparent", grant):
        return Grant(rule, expressions=expressions, noparent=True)
    if grant.startswith("include "):
        raise _WrongError("include can't be restricted with per-file; use file:")
    return _owners(grant, rule, expressions)


def _owners(text: str, rule: Rule, expressions: tuple[str, ...]) -> Grant:
    if text.startswith("file:"):
        return Grant(rule, expressions=expressions, imports=text.removeprefix("file:").strip())
    owners = tuple(name.strip() for name in text.split(",") if name.strip())
    wrong = [name for name in owners if name != "*" and not _EMAIL.match(name)]
    if wrong or not owners:
        raise _WrongError(f"{shown(wrong[0]) if wrong else 'nothing'!r} is no e-mail address")
    if len(owners) > 1 and not expressions:
        raise _WrongError("one e-mail address on each line")
    return Grant(rule, owners, expressions)


def _uncommented(line: str) -> str:
    return re.split(r"\s+#|(?<=\s)#", line, maxsplit=1)[0].strip()


def _parts(text: str) -> list[str]:
    """Globs between commas, those within braces aside."""
    parts = [""]
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _expression(glob: str) -> str:
    """A glob of Java's file systems as a regular expression; each also matches in all folders beneath."""
    glob = glob.lstrip("/") if glob.startswith("/") else glob
    out = ""
    at = 0
    braces = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            deep = glob[at : at + 1] == "*"
            at += deep
            out += "(?s:.*)" if deep else "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[":
            end = glob.find("]", at + 1)
            if end < 0:
                raise _WrongError("[ without ]")
            members = glob[at:end].replace("\\", "\\\\").replace("[", "\\[")
            out += f"[^{members[1:]}]" if members.startswith("!") else f"[{members}]"
            at = end + 1
        elif char == "{":
            braces += 1
            out += "(?:"
        elif char == "}" and braces:
            braces -= 1
            out += ")"
        elif char == "," and braces:
            out += "|"
        elif char == "\\" and at < len(glob):
            out += re.escape(glob[at])
            at += 1
        else:
            out += re.escape(char)
    if braces:
        raise _WrongError("{ without }")
    return f"^(?:(?s:.*)/)?{out}$"
