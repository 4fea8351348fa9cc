"""SARIF 2.1.0 (OASIS), the findings of analyses: a run has a tool with rules, and results that refer to them.

Taken is what stands open: results of the kinds fail (also where none is said), open and review, that weren't suppressed
for good (3.27.23, 3.35) and haven't gone since the tool's own baseline (`baselineState: absent`, 3.27.24).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from awayteam.sources.results.base import Item, Kind, ResultError, Results, clean, file_path, key

VERSION = "2.1.0"
_OPEN = frozenset({"fail", "open", "review"})
_KINDS = _OPEN | {"pass", "informational", "notApplicable"}
_ARGUMENT = re.compile(r"\{(\d{1,3})\}")


class _Odd(Exception):
    """What is wrong with one result."""


def read(data: bytes) -> Results:
    """The findings that stand open. Raises `ResultError`."""
    try:
        log = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ResultError(f"this is no JSON: {error.msg}", error.lineno) from error
    if not isinstance(log, dict) or not isinstance(log.get("runs"), list):
        raise ResultError('this is no SARIF log: it has no list of "runs"', 1)
    if log.get("version") != VERSION:
        said = clean(str(log.get("version", "no version")), 40)
        raise ResultError(f"SARIF {said} isn't read; let the tool write version {VERSION}", 1)
    results = Results("SARIF 2.1.0")
    for number, run in enumerate(log["runs"]):
        _run(run, f"runs[{number}]", results)
    return results.done()


def _run(run: Any, where: str, results: Results) -> None:
    found = run.get("results") if isinstance(run, dict) else None
    if not isinstance(run, dict) or (found is not None and not isinstance(found, list)):
        results.problem(where, "no run with a list of results; it is left out")
        return
    if found is None and _dict(run.get("externalPropertyFileReferences")).get("results"):
        results.problem(where, "its results stand in another file, which isn't read; let the tool write one file")
    tool = _dict(run.get("tool"))
    rules = _Rules(tool)
    for number, result in enumerate(found or []):
        results.seen += 1
        try:
            item = _item(result, rules, run)
        except _Odd as odd:
            results.problem(f"{where}.results[{number}]", f"{odd}; it is left out")
        else:
            if item is not None:
                results.add(item)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


class _Rules:
    """The rules of a run's tool, by index and by id."""

    def __init__(self, tool: Mapping[str, Any]) -> None:
        driver = _dict(tool.get("driver"))
        self.name = clean(_text(driver.get("name")), 100) or "analysis"
        self._listed = [_dict(rule) for rule in _list(driver.get("rules"))]
        self._by_id = {_text(rule.get("id")): rule for rule in self._listed}

    def of(self, result: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The id and the description of the rule that a result is of (3.27.5 to 3.27.7)."""
        reference = _dict(result.get("rule"))
        name = _text(result.get("ruleId")) or _text(reference.get("id"))
        index = result.get("ruleIndex", reference.get("index", -1))
        rule: Mapping[str, Any] = {}
        if isinstance(index, int) and 0 <= index < len(self._listed) and not reference.get("toolComponent"):
            rule = self._listed[index]
        name = name or _text(rule.get("id"))
        return name, rule or self._by_id.get(name) or self._by_id.get(name.rpartition("/")[0], {})


def _item(result: Any, rules: _Rules, run: Mapping[str, Any]) -> Item | None:
    if not isinstance(result, dict):
        raise _Odd("a result is an object")
    kind = result.get("kind", "fail")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _Odd(f"{clean(str(kind), 40)!r} is no kind of result")
    if kind not in _OPEN or result.get("baselineState") == "absent" or _suppressed(result):
        return None
    name, rule = rules.of(result)
    words = _message(_dict(result.get("message")), rule)
    if not name and not words:
        raise _Odd("it has neither a rule nor a message")
    path, line = _place(result, run)
    where = f" {path}:{line}" if path and line else f" {path}" if path else f": {words[:100]}" if name and words else ""
    level = _text(result.get("level")) or _text(_dict(rule.get("defaultConfiguration")).get("level")) or "warning"
    said = f"{level}: {words}" if kind == "fail" else f"{kind}: {words}"
    return Item(Kind.FINDING, key(f"{rules.name}: {name or words[:100]}{where}"), clean(said), path)


def _suppressed(result: Mapping[str, Any]) -> bool:
    """Whether there are suppressions and all were accepted (which is what no status means, 3.35.3)."""
    found = [_dict(one) for one in _list(result.get("suppressions"))]
    return bool(found) and all(one.get("status", "accepted") == "accepted" for one in found)


def _message(message: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Its text, or the rule's text that it names, with its arguments filled in (3.11)."""
    text = _text(message.get("text")) or _text(message.get("markdown"))
    if not text:
        named = _dict(rule.get("messageStrings")).get(_text(message.get("id")))
        text = _text(_dict(named).get("text"))
    arguments = [_text(one) for one in _list(message.get("arguments"))]
    filled = _ARGUMENT.sub(
        lambda match: arguments[int(match[1])][:500] if int(match[1]) < len(arguments) else match[0], text[:10_000]
    )
    return clean(filled)


def _place(result: Mapping[str, Any], run: Mapping[str, Any]) -> tuple[str, int]:
    """The path and the line of the first place; "" and 0 where there is none."""
    first = _dict(next(iter(_list(result.get("locations"))), None))
    physical = _dict(first.get("physicalLocation"))
    artifact = _dict(physical.get("artifactLocation"))
    uri, index = _text(artifact.get("uri")), artifact.get("index", -1)
    known = _list(run.get("artifacts"))
    if not uri and isinstance(index, int) and 0 <= index < len(known):
        uri = _text(_dict(_dict(known[index]).get("location")).get("uri"))
    line = _dict(physical.get("region")).get("startLine", 0)
    return _path(uri), line if isinstance(line, int) and 0 < line < 10**9 else 0


def _path(uri: str) -> str:
    """The path that a URI names, percent-decoded; without the scheme of a file's address."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return file_path(uri)
    return file_path(unquote(parts.path if parts.scheme == "file" else uri.partition("?")[0].partition("#")[0]))
