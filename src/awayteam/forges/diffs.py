"""The paths in a diff as git writes it, where a forge's own list of files is cut short.

Only headers are read. No content can pass for one: lines of content begin with a blank, `+`, `-` or `\\`, and those of
a binary patch have no blanks. After `@@` nothing is read until the next file.
"""

import re
from typing import Final

from awayteam.forges.port import ForgeError

LONGEST_PATH: Final = 4096
_START: Final = b"diff --git "
_ESCAPES: Final = {
    b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b'"': b'"', b"\\": b"\\",
}  # fmt: skip
_ESCAPE: Final = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_QUOTED: Final = rb'"(?:[^"\\]|\\.)*"'
_BOTH_QUOTED: Final = re.compile(rb"(" + _QUOTED + rb"|\S.*?) (" + _QUOTED + rb"|b/.*)")


def touched(diff: bytes) -> list[str]:
    """Every path that the diff touches, once each, a rename with both names. Raises `ForgeError(final=True)` where a
    header can't be read: nothing is guessed."""
    found: dict[str, None] = {}
    names: list[bytes] = []
    renamed: list[bytes] = []
    in_header = False

    def finish() -> None:
        for name in renamed or names:
            found[_path(name)] = None

    for line in diff.split(b"\n"):
        if line.startswith(_START):
            finish()
            names, renamed, in_header = _names(line[len(_START) :]), [], True
        elif in_header and line.startswith((b"@@ ", b"GIT binary patch")):
            in_header = False
        elif in_header and line.startswith((b"rename from ", b"rename to ", b"copy to ")):
            renamed.append(_unquoted(line.split(b" ", 2)[2]))
    finish()
    return list(found)


def _names(rest: bytes) -> list[bytes]:
    """Both names of `a/x b/x`. Without quotes only equal names can be told apart; those of renames stand below."""
    if not rest.startswith(b'"') and not rest.endswith(b'"'):
        half = (len(rest) - 1) // 2
        before, after = rest[:half], rest[half + 1 :]
        if rest[half : half + 1] == b" " and before[:2] == b"a/" and after[:2] == b"b/" and before[2:] == after[2:]:
            return [after[2:]]
        return [b""]
    match = _BOTH_QUOTED.fullmatch(rest)
    if match is None:
        return [b""]
    both = [_unquoted(match[1]), _unquoted(match[2])]
    return [name[2:] for name in both] if both[0][:2] == b"a/" and both[1][:2] == b"b/" else [b""]


def _unquoted(name: bytes) -> bytes:
    if not (len(name) >= 2 and name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1]) or bytes([int(found[1], 8) & 0xFF]), name[1:-1])


def _path(name: bytes) -> str:
    if not name or len(name) > LONGEST_PATH or b"\0" in name:
        raise ForgeError("A path in the forge's diff can't be read.", final=True)
    return name.decode("utf-8", "surrogateescape")
