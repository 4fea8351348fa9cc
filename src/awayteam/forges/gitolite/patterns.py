"""CODEOWNERS patterns as anchored regular expressions over the bytes of a path, for Perl and Python alike.

They match exactly what `sources.ownership` matches, which a test compares on random paths. Nothing of a pattern comes
into the expression as it is: every byte that is no letter, digit, `_` or `-` is written as `\\xHH`. Between stars the
leftmost place is taken and never given back (atomic groups), so that no pattern makes the search slow.
"""

import string
from collections.abc import Sequence

from awayteam.engagements.paths import compiled
from awayteam.sources.ownership.globset import DEEP, End, Segment, Wild

_PLAIN = frozenset((string.ascii_letters + string.digits + "_-").encode())
_CHARACTER = (
    r"(?>[^/\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
    r"|[\x80-\xff])"
)
"""One character but a slash: of UTF-8, or a byte that is none."""
_NAME = r"[^/]+/"
_ENDS = {End.FILE: r"\z", End.TREE: r"(?:/|\z)", End.BELOW: "/"}


def expression(pattern: str) -> str:
    """The expression, in ASCII without blanks. Raises `InvalidPatternError` where the pattern is none."""
    segments, end = compiled(pattern)
    groups: list[list[Segment]] = [[]]
    for segment in segments:
        if segment is not DEEP:
            groups[-1].append(segment)
        elif len(groups) == 1 or groups[-1]:
            groups.append([])
    if not groups[-1] and end is End.BELOW:
        groups.pop()
        return r"\A" + _middle(groups) if groups else r"\A"
    if not groups[-1]:
        return r"(?!)"  # a path has no empty name
    before = f"(?:{_NAME})*" if len(groups) > 1 else ""
    return rf"\A{_middle(groups[:-1])}{before}{_names(groups[-1])}{_ENDS[end]}"


def _middle(groups: Sequence[Sequence[Segment]]) -> str:
    """What comes before the last `**`: each group at its leftmost place, the first one at the beginning."""
    said = ""
    for number, group in enumerate(groups):
        if group:
            names = f"{_names(group)}/"
            said += names if number == 0 else f"(?>(?:{_NAME})*?{names})"
    return said


def _names(group: Sequence[Segment]) -> str:
    return "/".join(_name(segment) for segment in group)


def _name(segment: Segment) -> str:
    if isinstance(segment, Wild):
        return _wild(segment.key)
    return _literal(segment or "")


def _wild(part: str) -> str:
    """A name with stars and question marks, as the rules write it."""
    chunks = [""]
    escaped = False
    for character in part:
        if escaped:
            chunks[-1] += _literal(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "?":
            chunks[-1] += _CHARACTER
        elif character == "*":
            chunks.append("")
        else:
            chunks[-1] += _literal(character)
    middle = "".join(f"(?>{_CHARACTER}*?{chunk})" for chunk in chunks[1:-1] if chunk)
    return chunks[0] + middle + (f"{_CHARACTER}*{chunks[-1]}" if len(chunks) > 1 else "")


def _literal(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in raw)
