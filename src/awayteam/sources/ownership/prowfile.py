"""Reading one OWNERS or OWNERS_ALIASES file of Prow, with the line of everything that counts."""

from dataclasses import dataclass, field
from typing import Any

import yaml

from awayteam.sources.ownership.base import Finding, Rule, Severity, shown
from awayteam.sources.ownership.regular import RegularError, RegularSet

_MAX_DEPTH = 20
_MAX_EVENTS = 200_000
_PEOPLE = ("approvers", "reviewers", "required_reviewers", "labels")
_KNOWN = {*_PEOPLE, "emeritus_approvers", "emeritus_reviewers", "filters", "options", "security_contacts"}


@dataclass(frozen=True, slots=True)
class Owners:
    """Who speaks for a folder (`expression` None) or for the files in it that a filter matches."""

    rule: Rule
    expression: str | None
    approvers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    required_reviewers: tuple[str, ...] = ()


@dataclass(slots=True)
class File:
    entries: list[Owners] = field(default_factory=list)
    no_parent_owners: bool = False
    auto_approve_unowned_subfolders: bool = False
    problems: list[Finding] = field(default_factory=list)


class _Wrong(Exception):
    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def read_owners(data: bytes, path: str) -> File:
    """One OWNERS file; whatever is wrong becomes a finding and the rest counts."""
    file = File()
    try:
        node = _compose(data)
        _read_root(_pairs(node, "the file"), _lines(node), path, file)
    except _Wrong as error:
        message = f"{error}; Prow ignores the whole file"
        file.problems.append(Finding(Severity.ERROR, "invalid-yaml", message, path, error.line))
        file.entries.clear()
    return file


def _read_root(root: dict[str, yaml.Node], lines: dict[str, int], path: str, file: File) -> None:
    for key in root:
        if key not in _KNOWN:
            message = f"{shown(key)!r} means nothing to Prow"
            file.problems.append(Finding(Severity.WARNING, "unknown-key", message, path, lines[key]))
    options = _pairs(root["options"], "options") if "options" in root else {}
    file.no_parent_owners = _truth(options.get("no_parent_owners"))
    file.auto_approve_unowned_subfolders = _truth(options.get("auto_approve_unowned_subfolders"))
    simple = {name: _names(root.get(name), name) for name in _PEOPLE}
    folder = path.rpartition("/")[0]
    if any(simple.values()):
        deciding = next(name for name in _PEOPLE if simple[name])
        file.entries.append(_owners(Rule(path, lines[deciding], f"{folder}/"), None, simple))
        if "filters" in root:
            message = "filters count only in a file without approvers and reviewers of its own; Prow ignores them"
            file.problems.append(Finding(Severity.ERROR, "ignored-filters", message, path, lines["filters"]))
        return
    places = _lines(root.get("filters"))
    for expression, node in (_pairs(root["filters"], "filters") if "filters" in root else {}).items():
        config = _pairs(node, f"the filter {shown(expression)!r}")
        rule = Rule(path, places[expression], expression)
        people = {name: _names(config.get(name), name) for name in _PEOPLE}
        try:
            RegularSet([expression])
        except RegularError as error:
            message = f"{shown(expression)!r} is no regular expression: {error}; the filter is skipped"
            file.problems.append(Finding(Severity.ERROR, "invalid-pattern", message, path, rule.line))
            continue
        file.entries.append(_owners(rule, None if expression == ".*" else expression, people))


def _owners(rule: Rule, expression: str | None, people: dict[str, tuple[str, ...]]) -> Owners:
    return Owners(rule, expression, people["approvers"], people["reviewers"], people["required_reviewers"])


def read_aliases(data: bytes, path: str) -> tuple[dict[str, tuple[str, ...]], list[Finding]]:
    """Alias (lower case) -> members as written. Prow empties the map on the first group of a wrong type."""
    aliases: dict[str, tuple[str, ...]] = {}
    problems: list[Finding] = []
    try:
        root = _pairs(_compose(data), "the file")
        groups = _pairs(root["aliases"], "aliases") if "aliases" in root else {}
        for name, node in groups.items():
            if isinstance(node, yaml.MappingNode):
                aliases[name.lower()] = tuple(_pairs(node, name))
            else:
                aliases[name.lower()] = _names(node, f"the alias {shown(name)!r}")
        for name, members in aliases.items():
            nested = [member for member in members if member.lower().lstrip("@") in aliases]
            if nested:
                message = f"the alias {shown(name)!r} holds the alias {shown(nested[0])!r}, which Prow doesn't open"
                problems.append(Finding(Severity.WARNING, "nested-alias", message, path, _line(groups.get(name))))
    except _Wrong as error:
        problems.append(Finding(Severity.ERROR, "invalid-yaml", f"{error}; Prow uses no aliases", path, error.line))
        aliases.clear()
    return aliases, problems


def _compose(data: bytes) -> yaml.Node | None:
    """The first document as nodes: aliases stay shared, so a bomb costs nothing. Depth and size are bounded first."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for count, event in enumerate(yaml.parse(data, Loader=loader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH or count > _MAX_EVENTS:
                raise _Wrong("nested too deep or too long for an OWNERS file")
            if isinstance(event, yaml.DocumentEndEvent):
                break
        return next(iter(yaml.compose_all(data, Loader=loader)), None)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _Wrong(f"no valid YAML: {reason}", mark.line + 1 if mark else 0) from error


def _pairs(node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")):
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(f"{what} must map names to values", _line(node))
    return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _lines(node: yaml.Node | None) -> dict[str, int]:
    """The line of each key."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {str(key.value): _line(key) for key, _ in pairs if isinstance(key, yaml.ScalarNode)}


def _names(node: yaml.Node | None, what: str) -> tuple[str, ...]:
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")):
        return ()
    if not isinstance(node, yaml.SequenceNode) or not all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise _Wrong(f"{what} must be a list of names", _line(node))
    return tuple(dict.fromkeys(str(item.value) for item in node.value if item.value))


def _truth(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.ScalarNode) and str(node.value).lower() == "true"


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None and node.start_mark else 0
