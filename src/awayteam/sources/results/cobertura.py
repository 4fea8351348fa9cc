"""Cobertura XML (coverage-04.dtd): <coverage>, <packages>, <package>, <classes>, <class>, <lines>, <line>.

A file may appear as several classes (inner classes, partial classes); a line is covered if any of them covers it. Lines
inside <methods> are a second copy and don't count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from awayteam.sources.results.base import Item, Kind, ResultError, Results, file_path, key, percentage
from awayteam.sources.results.xmlread import walk

TOTAL = "(all)"
"""The key of the whole report's coverage."""
MOST_LINES = 20_000_000
"""Lines of code that a report may speak of."""


def read(data: bytes) -> Results:
    """Line coverage of each file, in percent, and of all. Raises `ResultError`."""
    reader = _Reader()
    if walk(data, reader.start, reader.end):
        reader.results.problem("the file", "characters that XML can't hold were replaced by ?")
    return reader.finish()


@dataclass
class _Reader:
    results: Results = field(default_factory=lambda: Results("Cobertura XML"))
    files: dict[str, dict[int, bool]] = field(default_factory=dict)
    rates: dict[str, Decimal] = field(default_factory=dict)
    """Files without lines, whose class gives a rate alone."""
    total: Mapping[str, str] = field(default_factory=dict)
    lines: dict[int, bool] | None = None
    in_methods: bool = False
    counted: int = 0

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> bool:
        if name == "coverage":
            if "clover" in attributes or "generated" in attributes:
                raise ResultError("this is a Clover report; let the tool write Cobertura XML", line)
            self.total = dict(attributes)
        elif name == "class":
            self._class(attributes, line)
        elif name == "methods":
            self.in_methods = True
        elif name == "line" and self.lines is not None and not self.in_methods:
            self._line(attributes, line)
        return False

    def end(self, name: str, _text: str) -> None:
        if name == "methods":
            self.in_methods = False
        elif name == "class":
            self.lines, self.in_methods = None, False

    def _class(self, attributes: Mapping[str, str], line: int) -> None:
        path = file_path(attributes.get("filename", ""))
        if not path:
            self.results.problem(line, "a <class> has no filename; it is left out")
            return
        self.lines = self.files.setdefault(path, {})
        rate = _rate(attributes.get("line-rate"))
        if rate is not None:
            self.rates.setdefault(path, rate)

    def _line(self, attributes: Mapping[str, str], line: int) -> None:
        assert self.lines is not None
        number, hits = attributes.get("number", ""), attributes.get("hits", "")
        if not (number.isdecimal() and hits.lstrip("-").isdecimal() and len(number) < 10 and len(hits) < 25):
            self.results.problem(line, "a <line> without a number, or without its hits, is left out")
            return
        self.counted += 1
        if self.counted > MOST_LINES:
            raise ResultError(f"more than {MOST_LINES:,} lines of code; split the report", line)
        self.lines[int(number)] = self.lines.get(int(number), False) or int(hits) > 0

    def finish(self) -> Results:
        """The items, once all is read."""
        results = self.results
        results.seen = len(self.files)
        total = self._total()
        if total is not None:
            results.add(Item(Kind.COVERAGE, TOTAL, "lines that tests run through, of the whole report", "", total))
        for path, lines in sorted(self.files.items()):
            covered = sum(lines.values())
            value = percentage(covered, len(lines)) if lines else self.rates.get(path)
            if value is not None:
                words = f"{covered} of {len(lines)} lines" if lines else ""
                results.add(Item(Kind.COVERAGE, key(path), words, path, value))
        if total is None and not self.files:
            raise ResultError("the report speaks of no file, and gives no coverage of all", 1)
        return results.done()

    def _total(self) -> Decimal | None:
        """By the report's own counts, else by the lines that it lists, else by its rate."""
        covered, valid = self.total.get("lines-covered", ""), self.total.get("lines-valid", "")
        if covered.isdecimal() and valid.isdecimal() and len(valid) < 12 and 0 < int(valid) >= int(covered):
            return percentage(int(covered), int(valid))
        listed = sum(len(lines) for lines in self.files.values())
        if listed:
            return percentage(sum(sum(lines.values()) for lines in self.files.values()), listed)
        return _rate(self.total.get("line-rate"))


def _rate(text: str | None) -> Decimal | None:
    """A rate from 0 to 1 as a percentage with two places; None where it is no such number."""
    try:
        rate = Decimal(text or "")
    except InvalidOperation:
        return None
    return (rate * 100).quantize(Decimal("0.01")) if rate.is_finite() and 0 <= rate <= 1 else None
