"""Stack traces as a whole: sections (causes, goroutines), which frame is the deepest, and which section says most."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from awayteam.requests.routing.parse.findings import LONGEST_TEXT, Finding, Kind
from awayteam.requests.routing.parse.frames import Frame, calls_out, frame_of
from awayteam.requests.routing.parse.paths import module_root

FRAME_WEIGHT = 0.9
CAUSE, LAST, OTHER, ASIDE = 1.0, 0.7, 0.5, 0.25
"""What sections say: the first cause, the exception that came out, those between, other threads."""
MOST_FRAMES = 1_000

_PYTHON_START = "Traceback (most recent call last)"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_ASIDE = re.compile(r'goroutine \d{1,12} \[|Thread \d{1,9} |"[^"]{1,200}" #\d{1,9} |Suppressed: ')
_CAUSED = re.compile(r"\s*(?:\[wrapped\] )?Caused by: |\s*--- End of inner exception|\s*---> |\[cause\]: ")
_FIRST_GOROUTINE = re.compile(r"goroutine \d{1,12} \[running")


@dataclass(slots=True)
class Section:
    """Frames that follow each other, in the order of the text."""

    start: int
    python: bool = False
    cause: bool = False
    aside: bool = False
    chained: bool = False
    frames: list[tuple[int, Frame, str]] = field(default_factory=list)


def read(lines: Sequence[str]) -> tuple[list[Finding], set[int], bool]:
    """Findings of all frames, the numbers of the lines within traces, and whether a call to others failed."""
    sections = [one for one in _sections(lines) if one.frames]
    taken = {number for section in sections for number in range(section.frames[0][0], section.frames[-1][0] + 1)}
    weights = _weights(sections)
    found: list[Finding] = []
    for place, (section, weight) in enumerate(zip(sections, weights, strict=True)):
        ordered = section.frames[::-1] if section.python else section.frames
        for depth, (number, frame, text) in enumerate(ordered):
            found.append(
                Finding(
                    Kind.FRAME, frame.path, number, FRAME_WEIGHT * weight, text.strip()[:LONGEST_TEXT],
                    module_root(frame.path), place, depth, frame.foreign, frame.symbol,
                )
            )  # fmt: skip
    return found, taken, _remote(sections, weights)


def _sections(lines: Sequence[str]) -> list[Section]:
    here = Section(1)
    sections = [here]
    frames = quiet = 0
    first_goroutine = True
    for number, line in enumerate(lines, start=1):
        frame = frame_of(line) if frames < MOST_FRAMES else None
        if frame is not None:
            if here.frames and (here.frames[-1][1].language == "python") != (frame.language == "python"):
                here = _new(sections, number, here)
            here.python = here.python or frame.language == "python"
            here.frames.append((number, frame, line))
            frames, quiet = frames + 1, 0
            continue
        quiet += 1
        if _PYTHON_START in line or any(word in line for word in _CHAINED):
            chained = here.chained if _PYTHON_START in line and not here.frames else bool(here.frames)
            here = _new(sections, number, here)
            here.chained = chained
        elif _CAUSED.match(line):
            here = _new(sections, number, here)
            here.cause = True
        elif _ASIDE.match(line.strip()):
            here = _new(sections, number, here)
            here.aside = not (first_goroutine and _FIRST_GOROUTINE.match(line.strip()))
            first_goroutine = first_goroutine and here.aside
        elif here.frames and quiet > _gap(here):
            here = _new(sections, number, here)
    return sections


def _gap(section: Section) -> int:
    """Lines without a frame that may stand between two frames: source lines of Python, functions of Go and Rust."""
    return 6 if section.python else 4


def _new(sections: list[Section], number: int, here: Section) -> Section:
    if not here.frames:
        here.start = number
        here.cause = here.aside = False
        return here
    made = Section(number)
    sections.append(made)
    return made


def _weights(sections: Sequence[Section]) -> list[float]:
    """The first cause says most: Java's last "Caused by", Python's first traceback of a chain."""
    main = [place for place, one in enumerate(sections) if not one.aside]
    weights = [ASIDE if one.aside else OTHER for one in sections]
    if not main:
        return [CAUSE, *([ASIDE] * (len(sections) - 1))] if sections else []
    if len(main) == 1:
        weights[main[0]] = CAUSE
        return weights
    for place in main:
        weights[place] = CAUSE if _stands_alone(sections, place) else OTHER
    for first, last in _chains(sections, main):
        root, end = (first, last) if sections[first].python else (last, first)
        weights[end], weights[root] = LAST, CAUSE
    return weights


def _stands_alone(sections: Sequence[Section], place: int) -> bool:
    following = place + 1 < len(sections) and (sections[place + 1].cause or sections[place + 1].chained)
    return not (sections[place].cause or sections[place].chained or following)


def _chains(sections: Sequence[Section], main: Sequence[int]) -> list[tuple[int, int]]:
    """First and last section of each chain of causes."""
    chains: list[tuple[int, int]] = []
    for place in main:
        linked = sections[place].cause or sections[place].chained
        if linked and chains and chains[-1][1] == max((one for one in main if one < place), default=-1):
            chains[-1] = (chains[-1][0], place)
        else:
            chains.append((place, place))
    return [chain for chain in chains if chain[0] != chain[1]]


def _remote(sections: Sequence[Section], weights: Sequence[float]) -> bool:
    """Whether the deepest frames of the section that says most are of a library that calls other services."""
    if not sections:
        return False
    main = sections[max(range(len(sections)), key=lambda place: weights[place])]
    ordered = main.frames[::-1] if main.python else main.frames
    for _, frame, _ in ordered[:60]:
        if calls_out(frame):
            return True
        if not frame.foreign:
            return False
    return False
