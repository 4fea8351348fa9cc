"""The syntax of RE2 (https://github.com/google/re2/wiki/Syntax), read into a small tree."""

from dataclasses import dataclass
from enum import Enum

MAX_REPEAT = 1000
"""Go and RE2 refuse larger counts."""
_MAX_NESTING = 200
_MAX_LENGTH = 10_000

Ranges = tuple[tuple[str, str], ...]
_TOP = chr(0x10FFFF)
_PERL: dict[str, Ranges] = {
    "d": (("0", "9"),),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
    "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
}
_POSIX: dict[str, Ranges] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")), "alpha": (("A", "Z"), ("a", "z")), "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")), "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")), "digit": (("0", "9"),),
    "graph": (("!", "~"),), "lower": (("a", "z"),), "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")), "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),), "word": _PERL["w"], "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}  # fmt: skip
_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_CONDITIONS = {"A": "start", "z": "end", "b": "boundary", "B": "no boundary"}


class RegularError(ValueError):
    """An expression that is wrong, too large, or uses what can't be matched in linear time; the text says which."""


class Kind(Enum):
    CHAR = "one character"
    CONDITION = "a place"
    SEQUENCE = "one after another"
    CHOICE = "one of"
    REPEAT = "repeated"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; which fields speak depends on its kind. `most` None means without bound."""

    kind: Kind
    parts: tuple["Node", ...] = ()
    text: str = ""
    ranges: Ranges = ()
    categories: tuple[tuple[str, bool], ...] = ()
    negated: bool = False
    fold: bool = False
    least: int = 0
    most: int | None = None


def parse(expression: str) -> Node:
    """Raises `RegularError`."""
    if len(expression) > _MAX_LENGTH:
        raise RegularError(f"longer than {_MAX_LENGTH} characters")
    reader = _Reader(expression)
    node = reader.choice(frozenset(), 0)
    if reader.at < len(expression):
        raise reader.error("a closing bracket without its opening one")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str) -> RegularError:
        return RegularError(f"{message} (at character {self.at + 1})")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise self.error("the expression ends too soon")
        self.at += 1
        return char

    def choice(self, flags: frozenset[str], depth: int) -> Node:
        if depth > _MAX_NESTING:
            raise self.error(f"nested deeper than {_MAX_NESTING}")
        branches: list[Node] = []
        parts: list[Node] = []
        while (char := self.peek()) and char != ")":
            if char == "|":
                self.at += 1
                branches.append(Node(Kind.SEQUENCE, tuple(parts)))
                parts = []
                continue
            if char in "*+?" or (char == "{" and self._count(self.at)):
                self._repeat(parts)
                continue
            if self.text.startswith("(?", self.at) and (changed := self._flags_alone(flags)) is not None:
                flags = changed
                continue
            parts.append(self._atom(flags, depth))
        branches.append(Node(Kind.SEQUENCE, tuple(parts)))
        return branches[0] if len(branches) == 1 else Node(Kind.CHOICE, tuple(branches))

    def _count(self, at: int) -> tuple[int, int | None, int] | None:
        """`{n}`, `{n,}` or `{n,m}` at the place: least, most, where it ends; None where it is plain text."""
        end = self.text.find("}", at)
        if end < 0:
            return None
        low, comma, high = self.text[at + 1 : end].partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            return None
        if len(low) > 4 or len(high) > 4:
            raise self.error(f"a count above {MAX_REPEAT}")
        least = int(low)
        most = least if not comma else int(high) if high else None
        return least, most, end + 1

    def _repeat(self, parts: list[Node]) -> None:
        char = self.peek()
        counted = self._count(self.at) if char == "{" else None
        if not parts or parts[-1].kind is Kind.CONDITION:
            raise self.error("nothing to repeat")
        if counted:
            least, most, self.at = counted
        else:
            least, most = (1, None) if char == "+" else (0, None) if char == "*" else (0, 1)
            self.at += 1
        if least > MAX_REPEAT or (most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise self.error(f"a count above {MAX_REPEAT}, or of which the first is larger")
        if self.peek() == "?":  # asks for as little as possible: the same texts match
            self.at += 1
        elif self.peek() == "+" or self.peek() == "*":
            raise self.error("a repetition of a repetition")
        parts[-1] = Node(Kind.REPEAT, (parts[-1],), least=least, most=most)

    def _flags_alone(self, flags: frozenset[str]) -> frozenset[str] | None:
        """`(?i)`: the flags from here on; None where a group follows."""
        end = self.at + 2
        while self.text[end : end + 1] and self.text[end] in "imsU-":
            end += 1
        if self.text[end : end + 1] != ")" or end == self.at + 2:
            return None
        changed = self._changed(flags, self.text[self.at + 2 : end])
        self.at = end + 1
        return changed

    @staticmethod
    def _changed(flags: frozenset[str], text: str) -> frozenset[str]:
        on, _, off = text.partition("-")
        return (flags | frozenset(on)) - frozenset(off)

    def _atom(self, flags: frozenset[str], depth: int) -> Node:
        char = self.take()
        if char == "(":
            return self._group(flags, depth)
        if char == "[":
            return self._class(flags)
        if char == ".":
            ranges: Ranges = () if "s" in flags else (("\n", "\n"),)
            return Node(Kind.CHAR, ranges=ranges, negated=True)
        if char == "^":
            return Node(Kind.CONDITION, text="line start" if "m" in flags else "start")
        if char == "$":
            return Node(Kind.CONDITION, text="line end" if "m" in flags else "end")
        if char == "\\":
            return self._escape(flags)
        return self._char(char, flags)

    def _char(self, char: str, flags: frozenset[str]) -> Node:
        return Node(Kind.CHAR, ranges=((char, char),), fold="i" in flags)

    def _group(self, flags: frozenset[str], depth: int) -> Node:
        if self.peek() == "?":
            self.at += 1
            if self.text.startswith(("P<", "<"), self.at) and not self.text.startswith(("<=", "<!"), self.at):
                end = self.text.find(">", self.at)
                if end < 0:
                    raise self.error("a group's name without end")
                self.at = end + 1
            else:
                start = self.at
                while self.peek() and self.peek() in "imsU-":
                    self.at += 1
                flags = self._changed(flags, self.text[start : self.at])
                if self.peek() != ":":
                    raise self.error("look-around and other extensions can't be matched in linear time")
                self.at += 1
        node = self.choice(flags, depth + 1)
        if self.peek() != ")":
            raise self.error("a group without its closing bracket")
        self.at += 1
        return node

    def _escape(self, flags: frozenset[str]) -> Node:
        char = self.take()
        if char in _CONDITIONS:
            return Node(Kind.CONDITION, text=_CONDITIONS[char])
        if char.lower() in _PERL:
            return Node(Kind.CHAR, ranges=_PERL[char.lower()], negated=char.isupper())
        if char in "pP":
            name, inverse = self._category(char)
            return Node(Kind.CHAR, categories=((name, inverse),))
        if char == "Q":
            end = self.text.find("\\E", self.at)
            literal = self.text[self.at : end if end >= 0 else len(self.text)]
            self.at = end + 2 if end >= 0 else len(self.text)
            return Node(Kind.SEQUENCE, tuple(self._char(c, flags) for c in literal))
        if char == "C":
            return Node(Kind.CHAR, negated=True)
        return self._char(self._literal(char), flags)

    def _literal(self, char: str) -> str:
        """The character that an escape stands for."""
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char == "x":
            return self._hexadecimal()
        if char == "0":
            digits = ""
            while len(digits) < 2 and self.peek() and self.peek() in "01234567":
                digits += self.take()
            return chr(int(digits or "0", 8))
        if char.isascii() and char.isalnum():
            what = "a back-reference" if char.isdigit() else f"the escape \\{char}"
            raise self.error(f"{what} isn't part of RE2's syntax")
        return char

    def _hexadecimal(self) -> str:
        if self.peek() == "{":
            end = self.text.find("}", self.at)
            digits = self.text[self.at + 1 : end] if end >= 0 else ""
            self.at = end + 1 if end >= 0 else self.at
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            raise self.error("no character has that hexadecimal number") from None

    def _category(self, char: str) -> tuple[str, bool]:
        name = self.take()
        if name == "{":
            end = self.text.find("}", self.at)
            name = self.text[self.at : end] if end >= 0 else ""
            self.at = end + 1 if end >= 0 else self.at
        inverse = char == "P"
        if name.startswith("^"):
            name, inverse = name[1:], not inverse
        if not name or name[0] not in "LMNPSZC" or len(name) > 2:
            raise self.error("only general categories such as \\pL or \\p{Lu} are known")
        return name, inverse

    def _class(self, flags: frozenset[str]) -> Node:
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        categories: list[tuple[str, bool]] = []
        first = True
        while self.peek() != "]" or first:
            first = False
            if self.text.startswith("[:", self.at) and (end := self.text.find(":]", self.at)) >= 0:
                name = self.text[self.at + 2 : end].removeprefix("^")
                if name not in _POSIX:
                    raise self.error(f"no class of characters is called {name!r}")
                inverse = self.text[self.at + 2] == "^"
                ranges += _complement(_POSIX[name]) if inverse else _POSIX[name]
                self.at = end + 2
                continue
            char = self.take()
            if char == "\\":
                char = self.take()
                if char.lower() in _PERL:
                    ranges += _complement(_PERL[char.lower()]) if char.isupper() else _PERL[char]
                    continue
                if char in "pP":
                    categories.append(self._category(char))
                    continue
                char = self._literal(char)
            high = char
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.take()
                if high == "\\":
                    high = self._literal(self.take())
            if high < char:
                raise self.error("a range whose end comes first")
            ranges.append((char, high))
        self.at += 1
        return Node(Kind.CHAR, ranges=tuple(ranges), categories=tuple(categories), negated=negated, fold="i" in flags)


def _complement(ranges: Ranges) -> list[tuple[str, str]]:
    result = []
    low = "\0"
    for start, end in sorted(ranges):
        if low < start:
            result.append((low, chr(ord(start) - 1)))
        low = chr(ord(end) + 1)
    return [*result, (low, _TOP)]
