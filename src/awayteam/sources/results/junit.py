"""JUnit XML, as Ant began it and everybody writes it: <testsuites>, <testsuite> (also nested), <testcase>.

There is no one standard; read is what usual tools (Surefire, pytest, Gradle, gotestsum, Jest, CTest) have in common:
a test case failed where it holds a <failure> or an <error>. What failed at first and passed when it was run again
(Surefire's <flakyFailure> and <flakyError>) passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from awayteam.sources.results.base import Item, Kind, Results, clean, file_path, key
from awayteam.sources.results.xmlread import walk

_BAD = frozenset({"failure", "error"})


def read(data: bytes) -> Results:
    """The test cases that failed. Raises `ResultError`."""
    reader = _Reader()
    if walk(data, reader.start, reader.end):
        reader.results.problem("the file", "characters that XML can't hold were replaced by ?")
    return reader.results.done()


@dataclass
class _Case:
    key: str
    path: str
    line: int
    said: str = ""
    failed: bool = False


@dataclass
class _Reader:
    results: Results = field(default_factory=lambda: Results("JUnit XML"))
    suites: list[str] = field(default_factory=list)
    case: _Case | None = None
    depth: int = 0
    """Elements inside the present test case."""
    inside_case: bool = False

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> bool:
        if self.inside_case:
            self.depth += 1
            return self._inside(name, attributes)
        if name == "testsuite":
            self.suites.append(attributes.get("name", "").strip())
        elif name == "testcase":
            self.inside_case, self.depth = True, 0
            self.case = self._case(attributes, line)
        elif name in _BAD and self.suites:
            self._suite_failed(attributes)
        return False

    def _case(self, attributes: Mapping[str, str], line: int) -> _Case | None:
        self.results.seen += 1
        name = attributes.get("name", "").strip()
        if not name:
            self.results.problem(line, "a <testcase> has no name; it is left out")
            return None
        place = attributes.get("classname", "").strip() or (self.suites[-1] if self.suites else "")
        path = file_path(attributes.get("file", ""))
        return _Case(key(f"{place}.{name}" if place else name), path, line)

    def _inside(self, name: str, attributes: Mapping[str, str]) -> bool:
        if self.case is None or self.depth != 1 or name not in _BAD:
            return False
        first = not self.case.failed
        self.case.failed = True
        said = attributes.get("message", "").strip() or attributes.get("type", "").strip()
        if first:
            self.case.said = said
        return first and not said

    def _suite_failed(self, attributes: Mapping[str, str]) -> None:
        """A suite that couldn't be set up; the usual tools write it beside the test cases."""
        said = attributes.get("message", "") or attributes.get("type", "")
        self.results.add(Item(Kind.CHECK, key(f"{self.suites[-1] or 'suite'} (as a whole)"), clean(said)))

    def end(self, name: str, text: str) -> None:
        if self.inside_case and self.depth:
            self.depth -= 1
            if self.case is not None and text.strip() and not self.case.said:
                self.case.said = text
        elif self.inside_case:
            self.inside_case = False
            if self.case is not None and self.case.failed:
                self.results.add(Item(Kind.CHECK, self.case.key, clean(self.case.said), self.case.path))
            self.case = None
        elif name == "testsuite" and self.suites:
            self.suites.pop()
