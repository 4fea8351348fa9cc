"""Which reviews something needs, by the facts about it: the rulebook's triggers, read and applied.

A trigger is one line of the rulebook: `FACT COMPARISON -> FIELD, FIELD`, as in `tier <= 1 -> architecture, design`,
`data-class is personal, payment -> architecture` or `breaking-api -> architecture`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from awayteam.kernel.rulebook.checks import REVIEW_TRIGGER


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a change or a decision; None where it isn't known.

    `tier` is that of the service (1 the most critical), `consumers` how many use it, `spend` money a year in the
    organisation's currency, `changed_lines` the size of the change.
    """

    tier: int | None = None
    consumers: int | None = None
    data_class: str | None = None
    breaking_api: bool | None = None
    spend: Decimal | None = None
    customer_experiment: bool | None = None
    changed_lines: int | None = None
    changed_files: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One line of the rulebook. `sign` is one of <= >= is, or "" for a fact that is true or false."""

    text: str
    fact: str
    sign: str
    values: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """A trigger that holds: the rule, the fact, and its value, for people and for the record."""

    rule: str
    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class Needed:
    """A field in which a bar raiser must look, with every trigger that says so."""

    field: str
    because: tuple[Met, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`needed` is in the order of the rulebook. `unknown` are triggers whose fact nobody knows."""

    needed: tuple[Needed, ...]
    unknown: tuple[str, ...]


FACTS = tuple(one.name.replace("_", "-") for one in fields(Facts))


def read(lines: Iterable[str]) -> tuple[Trigger, ...]:
    """The triggers of the rulebook's lines, which its schema has checked."""
    return tuple(_trigger(line) for line in lines)


def _trigger(line: str) -> Trigger:
    found = REVIEW_TRIGGER.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"{line!r} is no trigger; write it as `tier <= 1 -> architecture`")
    values, named = found["values"] or "", found["fields"]
    return Trigger(line.strip(), found["fact"], found["sign"] or "", _split(values), _split(named))


def _split(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def judge(triggers: Iterable[Trigger], facts: Facts) -> Verdict:
    """The fields that these facts need, each with why."""
    needed: dict[str, list[Met]] = {}
    unknown = []
    for trigger in triggers:
        value = getattr(facts, trigger.fact.replace("-", "_"))
        if value is None:
            unknown.append(trigger.text)
        elif holds(trigger, value):
            for one in trigger.fields:
                needed.setdefault(one, []).append(Met(trigger.text, trigger.fact, _said(value)))
    return Verdict(tuple(Needed(one, tuple(because)) for one, because in needed.items()), tuple(unknown))


def holds(trigger: Trigger, value: object) -> bool:
    """Whether a known value meets the trigger."""
    if trigger.sign == "is":
        return str(value).strip().casefold() in {one.casefold() for one in trigger.values}
    if trigger.sign:
        number, limit = Decimal(str(value)), Decimal(trigger.values[0])
        return number <= limit if trigger.sign == "<=" else number >= limit
    return value is True


def _said(value: object) -> str:
    return "yes" if value is True else str(value)


def named(lines: Sequence[str]) -> dict[str, str]:
    """`key: Text` lines of the rulebook by their key, in their order: fields with their titles."""
    return {key.strip(): text.strip() for key, _, text in (line.partition(":") for line in lines)}


def questions(lines: Sequence[str], field: str) -> tuple[str, ...]:
    """The questions that a review of `field` answers, in the rulebook's order."""
    pairs = (line.partition(":") for line in lines)
    return tuple(text.strip() for key, _, text in pairs if key.strip() in (field, "*"))


def plain(because: Iterable[Met]) -> list[Mapping[str, str]]:
    """For a JSON column."""
    return [{"rule": one.rule, "fact": one.fact, "value": one.value} for one in because]
