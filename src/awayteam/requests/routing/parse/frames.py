"""Frames of stack traces, one line at a time: Python, Java and Kotlin, JavaScript, Go, Rust, C#, Ruby, PHP, C, Swift.

Every pattern is bounded and has no two ways to match the same text, so that no line takes long.
"""

import re
from dataclasses import dataclass

from awayteam.requests.routing.parse import paths

LONGEST_LINE = 2_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A file that was running (of Java and C#, the one that the class should be in), and which function of it."""

    language: str
    path: str
    symbol: str
    line: int
    foreign: bool
    raw: str


_PYTHON = re.compile(r'\s*(?:\| )?\s*File "([^"]{1,1000})", line (\d{1,9})(?:, in (.{1,200}))?')
_GO = re.compile(r"\s*([^\s:]{1,700}\.(?:go|s)):(\d{1,9})(?: \+0x[0-9a-f]{1,16})?\s*\Z")
_RUBY = re.compile(
    r"\s*(?:from\s|\d{1,5}: from )?\s*((?:[A-Za-z]:)?[^\s:]{1,700}\.(?:rb|rake|erb|ru|haml|slim)):(\d{1,9})"
    r"(?::in [`'](.{1,200}?)')?"
)
_PHP = re.compile(r"\s*#\d{1,5} ([^\s()]{1,700}\.(?:php|phtml|inc))\((\d{1,9})\): ?(.{0,200})")
_PHP_IN = re.compile(r".{0,1200}? in ([^\s()]{1,700}\.(?:php|phtml))(?::| on line )(\d{1,9})")
_NATIVE = re.compile(r"\s*#\d{1,5} +(?:0x[0-9a-fA-F]{1,16} +)?(?:in )?")
_AT_PLACE = re.compile(r"([^\s:]{1,700}\.[A-Za-z+]{1,5}):(\d{1,9})(?::(\d{1,6}))?\)?\s*\Z")
_MOZILLA = re.compile(
    r"\s*([^@\s]{0,300})@((?:https?|file|webpack|webpack-internal|app)://[^\s]{1,1000}?):(\d{1,9}):(\d{1,9})\s*\Z"
)
_JAVA_FILE = re.compile(r"[\w$\-]{1,200}\.(?:java|kt|kts|scala|groovy|clj)(?::\d{1,9})?\Z")
_JAVA_NOWHERE = ("Native Method", "Unknown Source", "<generated>")
_RUST_PANIC = re.compile(r".{0,300}panicked at (?:'.{0,500}', )?([^\s:']{1,700}\.rs):(\d{1,9})")
_JAVA_FOREIGN = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.",
    "org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.", "org.jboss.", "org.junit.",
    "org.gradle.", "org.postgresql.", "io.netty.", "io.grpc.", "io.micrometer.", "io.opentelemetry.", "io.vertx.",
    "io.quarkus.", "io.micronaut.", "io.ktor.", "reactor.", "rx.", "com.zaxxer.", "com.fasterxml.",
    "com.google.common.", "com.google.inject.", "com.google.protobuf.", "com.mysql.", "com.mongodb.",
    "redis.clients.", "okhttp3.", "retrofit2.", "feign.", "ch.qos.", "org.slf4j.", "net.bytebuddy.", "akka.",
    "play.", "android.", "androidx.", "dalvik.", "com.android.", "org.mockito.", "zio.", "cats.",
)  # fmt: skip
_CSHARP_FOREIGN = ("System.", "Microsoft.", "Newtonsoft.", "MediatR.", "AutoMapper.", "Serilog.", "Npgsql.", "NLog.")
_REMOTE = re.compile(
    r"(?:^|[/.])(?:requests|urllib3?|httpx|httpcore|aiohttp|grpc|botocore|okhttp3?|retrofit2|feign|axios|node-fetch|undici|"
    r"_http_client|faraday|net/http|guzzlehttp|reqwest|hyper|tonic|HttpClient|RestTemplate|WebClient|resttemplate)(?:[/.@]|$)"
)


def frame_of(line: str) -> Frame | None:
    """The frame that a line of a trace is, or None."""
    if len(line) > LONGEST_LINE:
        line = line[:LONGEST_LINE]
    text = line.strip().removeprefix("| ")
    if text.startswith("at "):
        return _at(text[3:].strip())
    if text.startswith("File "):
        return _simple("python", _PYTHON.match(line))
    if text.startswith("#"):
        return _simple("php", _PHP.match(text)) or _native(text)
    if ".rs" in text and "panicked at" in text:
        return _simple("rust", _RUST_PANIC.match(text))
    if ": Fatal error" in text and ".swift:" in text:
        place = _place(text.partition(": Fatal error")[0].rpartition(" ")[2])
        return _frame("swift", *place, "") if place else None
    if ".rb:" in text or ".erb:" in text or ".rake:" in text or ".ru:" in text:
        return _simple("ruby", _RUBY.match(line))
    if ".go:" in text or ".s:" in text:
        return _simple("go", _GO.match(line))
    if "@" in text and "://" in text:
        return _mozilla(text)
    return _simple("php", _PHP_IN.match(text)) if ".php" in text else None


def _frame(language: str, raw: str, number: str, symbol: str, *, foreign: bool = False) -> Frame | None:
    path = paths.without_module_version(paths.tidy(raw))
    if not path or raw.lstrip().startswith("<"):
        return None
    return Frame(language, path, symbol.strip()[:200], int(number or 0), foreign or paths.is_library(raw), raw)


def _simple(language: str, match: re.Match[str] | None) -> Frame | None:
    if match is None:
        return None
    symbol = match[3] if (match.re.groups or 0) >= 3 else ""
    return _frame(language, match[1], match[2], symbol or "")


def _at(rest: str) -> Frame | None:
    """`at ...`: Java, C#, JavaScript, Rust and Swift."""
    if " in " in rest and ":line " in rest:
        front, _, number = rest.rpartition(":line ")
        head, _, file = front.partition(") in ")
        if file and len(file) <= 700 and number.isdecimal() and len(number) < 10:
            symbol = head.partition("(")[0]
            return _frame("csharp", file, number, symbol, foreign=symbol.startswith(_CSHARP_FOREIGN))
    head, bracket, inside = rest.rpartition("(")
    if bracket and rest.endswith(")"):
        inside = inside[:-1].strip()
        if _JAVA_FILE.match(inside) or inside in _JAVA_NOWHERE:
            return _java(head.strip(), inside)
        place = _place(inside)
        if place is not None:
            return _frame("javascript", place[0], place[1], head)
        if inside in ("<anonymous>", "native", "index 0") or "." not in head:
            return None
        return _csharp_without_file(head, inside)
    place = _place(rest.removeprefix("async "))
    if place is None:
        return None
    ending = place[0].rpartition(".")[2].lower()
    language = {"rs": "rust", "swift": "swift"}.get(ending, "javascript")
    return _frame(language, place[0], place[1], "")


def _place(text: str) -> tuple[str, str] | None:
    """File and line of `path:12:3` or `path:12`, from the right, so that schemes and drives stay whole."""
    path, colon, number = text.rpartition(":")
    if not colon or not number.isdecimal():
        return None
    front, second, other = path.rpartition(":")
    if second and other.isdecimal():
        path, number = front, other
    return (path, number) if path and len(path) <= 1_000 and len(number) < 10 else None


def _java(symbol: str, inside: str) -> Frame | None:
    """The file of a Java frame: its package as folders, and the file's name."""
    name = symbol.rpartition("/")[2]
    classes, _, method = name.rpartition(".")
    package, _, type = classes.rpartition(".")
    file, _, number = inside.partition(":")
    if not _JAVA_FILE.match(inside):
        file, number = f"{type.partition('$')[0]}.java", "0"
    foreign = name.startswith(_JAVA_FOREIGN)
    folder = package.replace(".", "/")
    path = f"{folder}/{file}" if folder else file
    return Frame("java", path, f"{classes}.{method}"[:200], int(number or 0), foreign, symbol)


def _csharp_without_file(head: str, inside: str) -> Frame | None:
    """A C# frame of a build without symbols: the class names the file."""
    if not re.fullmatch(r"[\w.`<>\[\],+|]{3,300}", head.strip()) or len(inside) > 700:
        return None
    classes, _, _ = head.strip().rpartition(".")
    name = classes.rpartition(".")[2].partition("`")[0].partition("+")[0].partition("<")[0]
    if not name or not name[0].isupper():
        return None
    folder = classes.rpartition(".")[0].rpartition(".")[2]
    path = f"{folder}/{name}.cs" if folder else f"{name}.cs"
    return Frame("csharp", path, head.strip()[:200], 0, head.startswith(_CSHARP_FOREIGN), head)


def _native(text: str) -> Frame | None:
    """`#1 0x4f in work /src/a.cc:12:3` of a sanitizer, `#1 0x4f in work (n=1) at a.c:12` of a debugger."""
    head = _NATIVE.match(text)
    rest = text[head.end() :] if head else text
    before, at, after = rest.rpartition(" at ")
    symbol, _, place_text = (before, at, after) if at else rest.rpartition(" ")
    place = _AT_PLACE.match(place_text.strip())
    if place is None:
        return None
    return _frame("native", place[1], place[2], symbol.partition(" (")[0])


def _mozilla(text: str) -> Frame | None:
    found = _MOZILLA.match(text)
    return _frame("javascript", found[2], found[3], found[1]) if found is not None else None


def calls_out(frame: Frame) -> bool:
    """Whether a frame is of a library that calls other services."""
    return frame.foreign and bool(_REMOTE.search(frame.raw) or _REMOTE.search(frame.symbol))
