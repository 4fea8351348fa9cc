"""Writing the folder's files: equal values give equal bytes. What is written here `agreement` and `register` read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from awayteam.engagements.access import ALWAYS, FOREVER, Interval, Term
from awayteam.gate.facts import Hold, Passage, Round
from awayteam.gate.folder.agreement import FORMAT, Listed, Written
from awayteam.gate.folder.shape import LONGEST_TEXT

Value = str | bool | int | date | datetime | Sequence[str]
_UNSAFE = {**dict.fromkeys(range(0xD800, 0xE000), "\ufffd"), **dict.fromkeys((*range(9), *range(11, 32), 127), " ")}


def agreement_text(written: Written) -> str:
    """The file of one engagement."""
    agreement, visit = written.agreement, written.visit
    head: dict[str, Any] = {
        "format": FORMAT,
        "id": agreement.id,
        "title": agreement.title,
        "home_team": agreement.home_team,
        "away_team": agreement.away_team,
        "review_mode": str(agreement.mode),
        "stage": str(agreement.stage),
        "time_zone": visit.zone,
        "home_answers": list(agreement.answering),
        "away_lead": agreement.away_lead,
        "design_signed": agreement.design_signed,
        "warranty_until": agreement.warranty_until,
        "contract": written.contract,
        "address": agreement.address,
    }
    tables = [("grants", _times(one)) for one in visit.grantings]
    tables += [("scope", one) for term in visit.terms for one in _scope(term)]
    tables += [("people", _person(one)) for one in written.people]
    tables += [("rounds", _round(one)) for one in written.rounds]
    tables += [("holds", _hold(one)) for one in written.holds]
    return _toml(head, tables)


def register_text(holds: Iterable[Hold], passages: Iterable[Passage]) -> str:
    """`register.toml`."""
    tables = [("holds", _hold(one)) for one in holds]
    tables += [("emergencies", _passage(one)) for one in passages]
    return _toml({"format": FORMAT}, tables)


def _times(interval: Interval) -> dict[str, Any]:
    return {
        "from": None if interval.start == ALWAYS else interval.start,
        "until": None if interval.end == FOREVER else interval.end,
    }


def _scope(term: Term) -> list[dict[str, Any]]:
    """A table for each run of patterns that are known by the same names."""
    runs: list[tuple[list[str], list[str]]] = []
    for names, pattern in term.patterns:
        known = sorted(names)
        if runs and runs[-1][0] == known:
            runs[-1][1].append(pattern)
        else:
            runs.append((known, [pattern]))
    times = _times(term.during)
    return [{"repositories": names, "patterns": list(dict.fromkeys(patterns)), **times} for names, patterns in runs]


def _person(one: Listed) -> dict[str, Any]:
    return {
        "person": one.person,
        "first_day": one.joins_on,
        "last_day": one.leaves_on,
        "listed_at": None if one.joined_at == ALWAYS else one.joined_at,
        "manager_agreed_at": one.agreed_at,
        "home_agreed_at": one.home_agreed_at,
        "left_at": one.left_at,
        "of_home": [_times(each) for each in one.of_home],
    }


def _round(one: Round) -> dict[str, Any]:
    return {
        "url": one.url, "commit": one.commit, "look": str(one.look), "by": one.by, "independent": one.independent,
        "own": one.own, "turn": one.turn, "due_at": one.due_at, "address": one.address,
    }  # fmt: skip


def _hold(one: Hold) -> dict[str, Any]:
    return {
        "repository": one.repository, "says": one.says, "who": list(one.who), "due_at": one.due_at,
        "address": one.address,
    }  # fmt: skip


def _passage(one: Passage) -> dict[str, Any]:
    return {
        "repository": one.repository, "head": one.head, "by": one.by, "label": one.label, "reason": one.reason,
        "at": one.at, "until": one.until, "address": one.address,
    }  # fmt: skip


def _toml(head: Mapping[str, Any], tables: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Keys in the order given; what says nothing ("", None, False, an empty list) is left out."""
    lines = _lines(head)
    for name, values in tables:
        lines += ["", f"[[{name}]]", *_lines(values)]
    return "\n".join(lines) + "\n"


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml_value(value)}" for key, value in values.items() if value not in ("", None, False, [], ())]


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (int, date)):
        return str(value)
    if isinstance(value, Mapping):
        inner = (f"{key} = {_toml_value(each)}" for key, each in value.items() if each not in ("", None))
        return f"{{{', '.join(inner)}}}"
    return f"[{', '.join(map(_toml_value, value))}]"


def quoted(text: str) -> str:
    """A text in double quotes, as TOML, YAML and JSON read it alike. What none of them can say is replaced, and what is
    longer than `shape` reads is cut."""
    return json.dumps(text[:LONGEST_TEXT].translate(_UNSAFE), ensure_ascii=False)
