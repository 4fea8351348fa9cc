"""Operations of protobuf files (proto2, proto3, editions): services and their remote procedures.

A reader of the language's statements and blocks, not a compiler: types are only resolved as far as it takes to see
whether a request or response message is deprecated. No import is followed and nothing is run.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from awayteam.sources.declared import Operation
from awayteam.sources.shapes import Notes, first_line

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<number>[+-]?\.?\d[\w.+-]*)
    |(?P<sign>[{}()\[\]<>=;:,/.+-])""",
    re.VERBOSE | re.ASCII,
)
_STREAMS = {
    (False, False): "unary",
    (True, False): "client stream",
    (False, True): "server stream",
    (True, True): "bidirectional",
}
_HTTP_METHODS = ("get", "put", "post", "delete", "patch")
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the file; `comment` is the comment that ends on the line above or on the same line."""

    text: str
    line: int
    comment: str = ""


@dataclass(slots=True)
class Method:
    """A remote procedure; types are as written."""

    service: str
    name: str
    request: str
    response: str
    streams: tuple[bool, bool]
    summary: str = ""
    deprecated: bool = False
    http: tuple[str, str] | None = None


@dataclass(slots=True)
class ProtoFile:
    """What a file declares. Names of services are full names, such as `orders.v1.Orders`."""

    package: str = ""
    services: dict[str, str] = field(default_factory=dict)
    """Full name -> first line of the comment above it."""
    methods: list[Method] = field(default_factory=list)
    deprecated: set[str] = field(default_factory=set)
    """Full names of deprecated messages and services, and "" where the whole file is."""


@dataclass(slots=True)
class _Scope:
    kind: str
    name: str
    line: int
    method: Method | None = None


def read_operations(source: str, notes: Notes) -> list[Operation]:
    """One operation for each remote procedure (`orders.v1.Orders/Get`)."""
    return operations_of(parse(source, notes), notes)


def operations_of(file: ProtoFile, notes: Notes) -> list[Operation]:
    """The operations of a parsed file. One is deprecated where its method, service, file or one of its messages is."""
    found: dict[str, Operation] = {}
    for method in file.methods:
        key = f"{method.service}/{method.name}"
        if key in found:
            notes.add(f"{key} is declared twice; the first one counts, remove the other")
            continue
        old = method.deprecated or "" in file.deprecated or method.service in file.deprecated
        old = old or any(_is_deprecated(file, method.service, one) for one in (method.request, method.response))
        verb, path = method.http or (_STREAMS[method.streams], f"/{key}")
        found[key] = Operation(key, verb, path, method.summary, old, (method.service,), method.name)
    return list(found.values())


def _is_deprecated(file: ProtoFile, service: str, type_name: str) -> bool:
    """Whether a message of this file is deprecated; names are looked up from the innermost scope outwards."""
    if type_name.startswith("."):
        return type_name[1:] in file.deprecated
    scope = service
    while True:
        if (f"{scope}.{type_name}" if scope else type_name) in file.deprecated:
            return True
        if not scope:
            return False
        scope = scope.rpartition(".")[0]


def parse(source: str, notes: Notes) -> ProtoFile:
    """Read a file statement by statement. A statement that makes no sense is noted and the next one is read."""
    return _Parser(notes).read(source)


def tokens(source: str, notes: Notes) -> Iterator[Token]:
    """The words of the file with the comments that belong to them; what is no word is noted once for each line."""
    position, line, bad_line = 0, 1, 0
    comment, comment_end = "", 0
    while position < len(source):
        # a quote on a line where one was left open isn't looked at again, or a hostile line would cost its square
        match = None if bad_line == line and source[position] in "\"'" else _TOKEN.match(source, position)
        if match is None:
            if bad_line != line:
                notes.add(f"unexpected character {source[position]!r}; is a quote or comment left open?", line=line)
            bad_line = line
            position += 1
            continue
        word = match.group()
        if word == "/" and source.startswith("/*", position):
            notes.add("a comment is opened here and never closed; add the missing */", line=line)
            return
        if match.lastgroup == "comment":
            joined = comment if comment and comment_end >= line - 1 else ""
            comment = f"{joined}\n{_plain(word)}"
            comment_end = line + word.count("\n")
        elif match.lastgroup != "space":
            yield Token(word, line, comment.strip() if comment_end >= line - 1 else "")
            comment = ""
        line += word.count("\n")
        position = match.end()


def _plain(comment: str) -> str:
    if comment.startswith("//"):
        return comment.strip("/").strip()
    return "\n".join(one.strip().lstrip("*").strip() for one in comment[2:-2].splitlines())


@dataclass(slots=True)
class _Parser:
    notes: Notes
    file: ProtoFile = field(default_factory=ProtoFile)
    scopes: list[_Scope] = field(default_factory=list)
    statement: list[Token] = field(default_factory=list)

    def read(self, source: str) -> ProtoFile:
        brackets = 0  # within [...] or within the braces of an option's value, where { } ; mean nothing
        for token in tokens(source, self.notes):
            word = token.text
            if brackets or word == "[" or (word == "{" and self._is_option()):
                brackets += (word in "[{") - (word in "]}")
                self.statement.append(token)
            elif word == "{":
                self._open(token)
            elif word == "}":
                self._close(token)
            elif word == ";":
                self._end_statement()
            else:
                self.statement.append(token)
        for scope in self.scopes:
            self.notes.add(f"{scope.kind} {scope.name} is never closed; add the missing }}", line=scope.line)
        if self.statement and not self.scopes:
            self.notes.add("the file ends in the middle of a statement", line=self.statement[0].line)
        return self.file

    def _is_option(self) -> bool:
        return bool(self.statement) and self.statement[0].text == "option" and self._kind() != "enum value"

    def _kind(self) -> str:
        return self.scopes[-1].kind if self.scopes else "file"

    def _full(self, name: str) -> str:
        """The full name of something declared here; blocks without a name (oneof, extend) add nothing."""
        inner = [scope.name for scope in self.scopes if scope.kind in ("message", "service")]
        return ".".join(part for part in (self.file.package, *inner, name) if part)

    def _open(self, brace: Token) -> None:
        words = [token.text for token in self.statement]
        first = self.statement[0] if self.statement else brace
        scope = _Scope("block", words[0] if words else "", brace.line)
        if words[:1] == ["service"] and not self.scopes:
            scope = _Scope("service", words[1] if len(words) == 2 else "", first.line)
            if not scope.name:
                self.notes.add("a service needs one name: service Name { ... }", line=first.line)
            else:
                self.file.services[self._full(scope.name)] = first_line(first.comment)
        elif words[:1] == ["rpc"] and self._kind() == "service":
            scope = _Scope("rpc", words[1] if len(words) > 1 else "", first.line, self._method())
        elif len(words) == 2 and words[0] == "message" and self._kind() in ("file", "message"):
            scope = _Scope("message", words[1], first.line)
        if len(self.scopes) >= MAX_DEPTH:
            scope = _Scope("block", "", brace.line)
            self.notes.add(f"blocks are nested deeper than {MAX_DEPTH} levels", line=brace.line)
        self.scopes.append(scope)
        self.statement.clear()

    def _close(self, brace: Token) -> None:
        if self.statement:
            self.notes.add("a statement is not finished; is a ';' missing before '}'?", line=self.statement[0].line)
            self.statement.clear()
        if not self.scopes:
            self.notes.add("there is one '}' too many", line=brace.line)
            return
        self.scopes.pop()

    def _end_statement(self) -> None:
        words = [token.text for token in self.statement]
        if not words:
            return
        kind = self._kind()
        if words[0] == "package" and kind == "file":
            if len(words) == 2:
                self.file.package = words[1]
            else:
                self.notes.add("expected: package some.name;", line=self.statement[0].line)
        elif words[0] == "rpc" and kind == "service":
            self._method()
        elif words[0] == "option":
            self._option(words, kind)
        self.statement.clear()

    def _option(self, words: list[str], kind: str) -> None:
        if words[1:4] == ["deprecated", "=", "true"] and len(words) == 4:
            if kind in ("message", "service"):
                self.file.deprecated.add(self._full(""))
            elif kind == "file":
                self.file.deprecated.add("")
            elif kind == "rpc" and (method := self.scopes[-1].method) is not None:
                method.deprecated = True
        elif kind == "rpc" and words[1:4] == ["(", "google.api.http", ")"]:
            method = self.scopes[-1].method
            if method is not None and method.http is None:
                method.http = _http(words[4:])

    def _method(self) -> Method | None:
        """The method that the current statement declares: `rpc Name ( [stream] Type ) returns ( [stream] Type )`."""
        words = [token.text for token in self.statement]
        first = self.statement[0]
        signs = {"(": "(", ")": ")", "returns": "r"}
        shape = "".join(signs.get(one, "w") for one in words[2:])
        match = re.fullmatch(r"\((ww?)\)r\((ww?)\)", shape)
        service = self._full("")
        if len(words) < 2 or match is None or not self.scopes[-1].name:
            self.notes.add("expected: rpc Name (Request) returns (Response)", line=first.line, entity=service or None)
            return None
        ask, answer = len(match[1]), len(match[2])
        streams = (ask == 2, answer == 2)
        request, response = words[2 + ask], words[5 + ask + answer]
        before = [word for streamed, word in zip(streams, (words[3], words[6 + ask]), strict=True) if streamed]
        if any(word != "stream" for word in before):
            self.notes.add("only 'stream' may stand before a type of an rpc", line=first.line, entity=service)
            return None
        method = Method(service, words[1], request, response, streams, first_line(first.comment))
        self.file.methods.append(method)
        return method


def _http(words: list[str]) -> tuple[str, str] | None:
    """Method and path of an HTTP annotation, of `.get = "/x"` or of the first pair in `= { get: "/x" ... }`."""
    for position, word in enumerate(words):
        method = word.lstrip(".")
        if method in _HTTP_METHODS:
            value = words[position + 2 : position + 3] if words[position + 1 : position + 2] in (["="], [":"]) else []
            if value and value[0][:1] in ("'", '"'):
                return method.upper(), value[0][1:-1]
    return None
