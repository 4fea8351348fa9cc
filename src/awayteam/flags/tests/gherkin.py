"""As much of Gherkin as the public test-beds of flags use: scenarios with steps and tables, filled in from examples."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

KEYWORD = re.compile(r"(Given|When|Then|And|But) (.*)")
Table = list[list[str]]


@dataclass
class Step:
    text: str
    table: Table = field(default_factory=list)


@dataclass
class Scenario:
    """One case: all steps (with those of the background), and all tags (of feature, scenario and examples)."""

    feature: str
    name: str
    tags: frozenset[str]
    steps: list[Step]

    def __str__(self) -> str:
        return f"{self.feature}: {self.name}"


@dataclass
class _Outline:
    name: str
    tags: frozenset[str]
    steps: list[Step] = field(default_factory=list)
    examples: list[tuple[frozenset[str], Table]] = field(default_factory=list)


def read(path: Path) -> list[Scenario]:
    """The cases of one file."""
    own, background, outlines = _parse(path.read_text(encoding="utf-8").splitlines())
    return [
        Scenario(path.stem, one.name + shown, own | one.tags | tags, [_filled(step, values) for step in steps])
        for one in outlines
        for tags, values, shown in _rows(one)
        for steps in [[*background.steps, *one.steps]]
    ]


def _rows(outline: _Outline) -> Iterator[tuple[frozenset[str], dict[str, str], str]]:
    if not outline.examples:
        yield frozenset(), {}, ""
    for tags, table in outline.examples:
        for row in table[1:]:
            yield tags, dict(zip(table[0], row, strict=True)), f" ({', '.join(row)})"


def _filled(step: Step, values: dict[str, str]) -> Step:
    def fill(text: str) -> str:
        return re.sub(r"<([^>]+)>", lambda found: values.get(found[1], found[0]), text)

    return Step(fill(step.text), [[fill(cell) for cell in row] for row in step.table])


def _parse(lines: list[str]) -> tuple[frozenset[str], _Outline, list[_Outline]]:
    own: frozenset[str] = frozenset()
    tags: set[str] = set()
    background = current = _Outline("", frozenset())
    outlines: list[_Outline] = []
    target: Table = []
    for line in (one.strip() for one in lines):
        step = KEYWORD.match(line)
        if line.startswith("@"):
            tags |= set(line.split())
        elif line.startswith("Feature:"):
            own, tags = frozenset(tags), set()
        elif line.startswith(("Scenario:", "Scenario Outline:")):
            current = _Outline(line.partition(":")[2].strip(), frozenset(tags))
            outlines.append(current)
            tags = set()
        elif line.startswith("Examples:"):
            target = []
            current.examples.append((frozenset(tags), target))
            tags = set()
        elif step:
            target = []
            current.steps.append(Step(step[2], target))
        elif line.startswith("|"):
            target.append([cell.strip() for cell in line.strip("|").split("|")])
    return own, background, outlines
