"""Checks of single values that bounds can't express: each returns what is wrong, or None."""

import re
import zoneinfo
from collections.abc import Sequence
from functools import cache

HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


@cache
def _time_zones() -> set[str]:
    """Reading them takes 40 ms."""
    return zoneinfo.available_timezones()


def time_zone(value: str) -> str | None:
    if value in _time_zones():
        return None
    return f"there is no time zone {value!r}; write a name such as Europe/Berlin or UTC"


def country(value: str) -> str | None:
    if not value:
        return None
    import holidays

    if value in holidays.list_supported_countries():
        return None
    return f"no public holidays are known for {value!r}; write an ISO 3166 code such as DE, or leave it empty"


def subdivision(country: str, value: str) -> str | None:
    if not value:
        return None
    if not country:
        return "a subdivision needs a country"
    import holidays

    known = holidays.list_supported_countries().get(country, [])
    if value in known:
        return None
    return f"{country} has no subdivision {value!r}; known: {', '.join(known) or 'none'}"


def identity_template(value: str) -> str | None:
    if "{name}" not in value:
        return "it must hold {name}, or all consumers would be one"
    rest = value.replace("{name}", "").replace("{namespace}", "")
    if "{" in rest or "}" in rest:
        return "only {namespace} and {name} are filled in"
    if not rest.isascii() or not rest.isprintable() or " " in rest or "," in rest or len(value) > 300:
        return "a name in a certificate has only printable ASCII, no blank and no comma"
    return None


def weekdays(value: Sequence[int]) -> str | None:
    if not value:
        return "nobody would ever work; name at least one day, 0 (Monday) to 6 (Sunday)"
    if not set(value) <= set(range(7)):
        return "the days are 0 (Monday) to 6 (Sunday)"
    return "a day is named twice" if len(set(value)) != len(value) else None


def hours(value: Sequence[str]) -> str | None:
    if len(value) != 2 or not all(HOUR.fullmatch(hour) for hour in value):
        return 'write start and end as ["09:00", "17:00"]'
    return None if value[0] < value[1] else "the working day must end after it starts"


def time_of_day(value: str) -> str | None:
    if HOUR.fullmatch(value) and value != "24:00":
        return None
    return f"{value!r} is no time of day; write it as 08:30"


def author_patterns(value: Sequence[str]) -> str | None:
    if len(value) > 500:
        return "at most 500 patterns"
    for pattern in value:
        if pattern != "$*" and len(pattern.replace("*", "").strip()) < 2:
            return f"{pattern!r} would match nearly everybody; name at least two characters"
        if len(pattern) > 200 or pattern.count("*") > 8:
            return f"{pattern[:40]!r}... is too long; at most 200 characters and eight stars"
    return None


REVIEW_FACTS = {
    "tier": "number", "consumers": "number", "data-class": "word", "breaking-api": "truth", "spend": "number",
    "customer-experiment": "truth", "changed-lines": "number", "changed-files": "number",
}  # fmt: skip
"""What a trigger of a review may ask for, and of what kind it is."""
_SLUG = r"[a-z][a-z0-9-]{1,39}"
REVIEW_FIELD = re.compile(rf"({_SLUG}): (\S.{{0,99}})")
REVIEW_QUESTION = re.compile(rf"({_SLUG}|\*): (\S.{{0,499}})")
REVIEW_TRIGGER = re.compile(
    rf"(?P<fact>{_SLUG})(?: (?P<sign><=|>=|is) (?P<values>[^<>]+?))? -> (?P<fields>{_SLUG}(?:, {_SLUG})*)"
)


def review_fields(value: Sequence[str]) -> str | None:
    for line in value:
        if not REVIEW_FIELD.fullmatch(line):
            return f"{line!r} is no field; write it as `security: Security`"
    keys = [line.partition(":")[0] for line in value]
    return "a field is named twice" if len(set(keys)) != len(keys) else None


def review_questions(value: Sequence[str]) -> str | None:
    for line in value:
        if not REVIEW_QUESTION.fullmatch(line):
            return f"{line!r} is no question; write it as `security: Who could misuse this?`"
    return None


def review_triggers(value: Sequence[str]) -> str | None:
    for line in value:
        found = REVIEW_TRIGGER.fullmatch(line)
        if found is None:
            return f"{line!r} is no trigger; write it as `tier <= 1 -> architecture`"
        if problem := _trigger_problem(found["fact"], found["sign"], found["values"] or ""):
            return f"{line!r}: {problem}"
    return None


def _trigger_problem(fact: str, sign: str | None, values: str) -> str | None:
    kind = REVIEW_FACTS.get(fact)
    if kind is None:
        return f"nothing is known of {fact!r}; known: {', '.join(REVIEW_FACTS)}"
    if kind == "truth":
        return f"{fact} is true or false; write `{fact} -> ...`" if sign else None
    if kind == "word":
        return None if sign == "is" else f"write `{fact} is one, other -> ...`"
    number = re.fullmatch(r"\d{1,12}(\.\d{1,4})?", values)
    return None if sign in ("<=", ">=") and number else f"write `{fact} >= 10 -> ...`"


def keyed_lines(value: Sequence[str]) -> str | None:
    """Lines of the form `key: text`, each key once."""
    keys = []
    for line in value:
        key, colon, text = (part.strip() for part in line.partition(":"))
        if not (key and colon and text) or len(key) > 40 or len(text) > 300:
            return f"{line[:60]!r} isn't `key: text` (40 and 300 characters at most)"
        keys.append(key)
    double = next((key for key in keys if keys.count(key) > 1), None)
    return f"the key {double!r} stands there twice" if double is not None else None


def five_questions(value: Sequence[str]) -> str | None:
    if len(value) != 5:
        return f"there are {len(value)} questions, not five"
    if any(not one.strip() or len(one) > 300 for one in value):
        return "a question is empty or longer than 300 characters"
    return None


def forge_level(value: str) -> str | None:
    """A level of access that engagements may give on a forge."""
    return None if value in {"read", "write"} else f"{value!r} is no level; write `write` or `read`"


GATE_EMERGENCY = ("administrator", "lead-of-home", "manager-of-home")
"""Those who may let a change in without naming them one by one."""
_REFERENCE = re.compile(r"(user|group):[A-Za-z0-9._-]{1,80}/[A-Za-z0-9._@+-]{1,200}")


def gate_checks(value: Sequence[str]) -> str | None:
    if len(value) > 100 or any(not one.strip() or len(one) > 200 for one in value):
        return "at most 100 names of checks, none empty or longer than 200 characters"
    return None


def gate_emergency(value: Sequence[str]) -> str | None:
    for one in value:
        if one not in GATE_EMERGENCY and not _REFERENCE.fullmatch(one):
            return f"{one[:80]!r} is none of {', '.join(GATE_EMERGENCY)}, nor a reference such as user:default/ada"
    return "at most 200 entries" if len(value) > 200 else None
