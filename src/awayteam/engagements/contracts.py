"""The text of a contract: a frozen value, its canonical JSON, its hash, and what differs between two of them. Pure.

Canonical means: one JSON object, keys sorted, no blanks between, no floats, every string in Unicode's composed form
(NFC) with "\\n" as the only line break. Equal contracts therefore have equal bytes, and one SHA-256.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from typing import Any

FORMAT = 1
"""The version of this shape; it stands in every text, so that old texts stay readable when the shape grows."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by its reference, with the name that it had then."""

    ref: str
    name: str


@dataclass(frozen=True, slots=True)
class HomeParty:
    """`decider` is the decider of record, who signs the design before the code."""

    team: Named
    decider: Named | None
    contact: Named | None
    deputy: Named | None


@dataclass(frozen=True, slots=True)
class AwayParty:
    """`manager` is the one accountable manager."""

    team: Named
    lead: Named | None
    manager: Named | None


@dataclass(frozen=True, slots=True)
class RequestLine:
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """Paths of one repository that may be changed: a pattern in CODEOWNERS syntax."""

    repository: str
    pattern: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """`share` of their time in percent; `leaves_on` None: until the end. Both days belong to it."""

    person: Named
    share: int
    joins_on: date
    leaves_on: date | None


@dataclass(frozen=True, slots=True)
class StandardLine:
    """A document that the away team follows, frozen by the hash of its text; `commit` is "" where there is none."""

    title: str
    repository: str
    path: str
    commit: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BaselineLine:
    """What was so before: how many items of each kind, and the hash of them all."""

    counts: tuple[tuple[str, int], ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class ContractText:
    """All that both sides sign. `number` 1 is the first text, each later one an amendment, with `why`.

    `starts_on` and `ends_on` are the time-box, both included; `working_days` are of one person, for the whole visit.
    """

    engagement: int
    number: int
    why: str
    title: str
    goal: str
    request: RequestLine | None
    service: Named | None
    home: HomeParty
    away: AwayParty
    scope: tuple[ScopeLine, ...]
    members: tuple[MemberLine, ...]
    starts_on: date
    ends_on: date
    working_days: int
    review_mode: str
    standards: tuple[StandardLine, ...]
    baseline: BaselineLine
    pledged_hours: int
    done_means: tuple[str, ...]
    warranty_days: int
    pager_on: date | None
    version: int = FORMAT


def canonical(text: ContractText) -> str:
    """The one way to write it down. Raises `ValueError` for what can't be written so (floats, lone surrogates)."""
    written = json.dumps(_plain(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    written.encode()  # a lone surrogate has no bytes
    return written


def sha256(text: str) -> str:
    """The hash of a canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of(values: Sequence[Sequence[str]]) -> str:
    """One hash for rows of strings, whatever their order."""
    rows = sorted([_tidy(value) for value in row] for row in values)
    return sha256(json.dumps(rows, separators=(",", ":"), ensure_ascii=False))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _tidy(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise ValueError(f"a contract can't hold {type(value).__name__} {value!r}")


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def parse(written: str) -> ContractText:
    """The value of a canonical text. Raises `ValueError` where it is no contract of a known format."""
    data = json.loads(written)
    if not isinstance(data, dict) or data.get("version") != FORMAT:
        raise ValueError("this is no contract in a format that is known here")
    day = date.fromisoformat
    try:
        return ContractText(
            **{name: data[name] for name in _AS_THEY_ARE},
            request=RequestLine(**data["request"]) if data["request"] else None,
            service=_named(data["service"]),
            home=HomeParty(**{name: _named(value) for name, value in data["home"].items()}),
            away=AwayParty(**{name: _named(value) for name, value in data["away"].items()}),
            scope=tuple(ScopeLine(**line) for line in data["scope"]),
            members=tuple(_member(line) for line in data["members"]),
            starts_on=day(data["starts_on"]),
            ends_on=day(data["ends_on"]),
            standards=tuple(StandardLine(**line) for line in data["standards"]),
            baseline=BaselineLine(
                tuple((kind, count) for kind, count in data["baseline"]["counts"]), data["baseline"]["sha256"]
            ),
            done_means=tuple(data["done_means"]),
            pager_on=day(data["pager_on"]) if data["pager_on"] else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this contract lacks something: {error}") from None


_AS_THEY_ARE = (
    *("engagement", "number", "why", "title", "goal", "working_days", "review_mode"),
    *("pledged_hours", "warranty_days", "version"),
)


def _named(data: Any) -> Any:
    return Named(**data) if data else None


def _member(line: Any) -> MemberLine:
    leaves = date.fromisoformat(line["leaves_on"]) if line["leaves_on"] else None
    return MemberLine(Named(**line["person"]), line["share"], date.fromisoformat(line["joins_on"]), leaves)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that isn't the same: `before` "" where it was added, `after` "" where it was taken out."""

    field: str
    label: str
    before: str
    after: str


LABELS = {
    "title": "Title",
    "goal": "Goal",
    "why": "Why it is amended",
    "request": "Request",
    "service": "Service",
    "home.team": "Home team",
    "home.decider": "Home decider of record",
    "home.contact": "Home contact",
    "home.deputy": "Deputy of the contact",
    "away.team": "Away team",
    "away.lead": "Away team's lead",
    "away.manager": "Accountable manager",
    "scope": "What may be changed",
    "members": "Members",
    "starts_on": "First day",
    "ends_on": "Last day",
    "working_days": "Working days of one person",
    "review_mode": "Review mode",
    "standards": "Standards",
    "baseline": "Baseline",
    "pledged_hours": "Pledged hours",
    "done_means": "Definition of done",
    "warranty_days": "Days of warranty",
    "pager_on": "The pager moves on",
}
"""What people call the parts, in the order in which they are shown."""


def differences(before: ContractText, after: ContractText) -> list[Difference]:
    """What a signer must know: everything that `after` says otherwise, lists line by line, in the order of the page.

    Numbers of text and engagement, and the format, aren't compared.
    """
    old, new = _lines(before), _lines(after)
    found = []
    for name, label in LABELS.items():
        was, now = old[name], new[name]
        if len(was) <= 1 and len(now) <= 1:
            pairs = [("".join(was), "".join(now))] if was != now else []
        else:
            pairs = [(line, "") for line in was if line not in now] + [("", line) for line in now if line not in was]
        found += [Difference(name, label, *pair) for pair in pairs]
    return found


def _lines(text: ContractText) -> dict[str, list[str]]:
    """Each part as lines for people, in the order of a signed text; an empty part has none."""
    shown: dict[str, list[str]] = {
        "request": [f"#{text.request.number} {text.request.title}"] if text.request else [],
        "service": _who(text.service),
        "scope": [f"{line.repository}: {line.pattern}" for line in text.scope],
        "members": [_membership(line) for line in text.members],
        "standards": [_standard(line) for line in text.standards],
        "baseline": [_baseline(text.baseline)],
        "done_means": list(text.done_means),
    }
    for part in ("home", "away"):
        for field in fields(getattr(text, part)):
            shown[f"{part}.{field.name}"] = _who(getattr(getattr(text, part), field.name))
    for name in LABELS:
        if name not in shown:
            value = getattr(text, name)
            shown[name] = [] if value in (None, "") else [str(value)]
    return {name: [_tidy(line) for line in lines] for name, lines in shown.items()}


def _who(named: Named | None) -> list[str]:
    return [f"{named.name} ({named.ref})"] if named else []


def _membership(line: MemberLine) -> str:
    until = f" until {line.leaves_on}" if line.leaves_on else ""
    return f"{line.person.name} ({line.person.ref}), {line.share}% from {line.joins_on}{until}"


def _standard(line: StandardLine) -> str:
    where = f"{line.repository}:{line.path}" if line.path else "written by hand"
    return f"{line.title} ({where}{f' at {line.commit[:12]}' if line.commit else ''}), {line.sha256[:12]}"


def _baseline(line: BaselineLine) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in line.counts) or "nothing recorded"
    return f"{counts} ({line.sha256[:12]})"


def as_data(text: ContractText) -> dict[str, Any]:
    """The text as plain values, for answers of an interface; dates stay dates."""
    return asdict(text)


def readable(text: ContractText) -> list[tuple[str, list[str]]]:
    """Every part that says something, as its label and lines for people, in the order of a page."""
    lines = _lines(text)
    return [(label, lines[name]) for name, label in LABELS.items() if lines[name]]
