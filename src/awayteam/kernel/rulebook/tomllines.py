"""On which line a key of a TOML file stands; `tomllib` gives the values but not where they are.

`locate` is given text that `tomllib` accepts, so it needn't refuse anything; it only has to skip strings and comments
rightly. Line numbers start at 1.
"""

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_SKIP = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}")
_PLAIN = re.compile(r"[^,\]\}\n#]+")
_STRINGS = (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL)


def locate(text: str) -> dict[Path, int]:
    """Path of each table and key -> line. Elements of arrays (of tables too) are told apart by their index."""
    return _Walk(text.replace("\r\n", "\n")).document()


@dataclass
class _Walk:
    text: str
    at: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip():
            line = self._line()
            if self.text.startswith("[", self.at):
                table = self._header(line)
            else:
                self._pair(table)
        return self.lines

    def _header(self, line: int) -> Path:
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path: Path = ()
        parts = self._key()
        for number, part in enumerate(parts):
            path = (*path, part)
            self.lines.setdefault(path, line)
            last = number == len(parts) - 1
            if many and last:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
                self.lines.setdefault(path, line)
        self.at += 2 if many else 1
        return path

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._blank()
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening == "[":
            self.at += 1
            index = 0
            while self._skip() and self.text[self.at] != "]":
                self.lines.setdefault((*path, index), self._line())
                self._value((*path, index))
                index += 1
            self.at += 1
        elif opening == "{":
            self.at += 1
            while self._skip() and self.text[self.at] != "}":
                self._pair(path)
            self.at += 1
        elif opening in "\"'":
            self._string()
        else:
            self.at = self._match(_PLAIN).end()

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._blank()
            if self.text[self.at] in "\"'":
                parts.append(tomllib.loads("x = " + self._string())["x"])
            else:
                found = self._match(_BARE)
                parts.append(found.group())
                self.at = found.end()
            self._blank()
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _string(self) -> str:
        for pattern in _STRINGS:
            if found := pattern.match(self.text, self.at):
                self.at = found.end()
                return found.group()
        raise ValueError(f"line {self._line()}: not a string")

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"line {self._line()}: not TOML")
        return found

    def _skip(self) -> bool:
        self.at = self._match(_SKIP).end()
        return self.at < len(self.text)

    def _blank(self) -> None:
        self.at = self._match(_BLANK).end()

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1
