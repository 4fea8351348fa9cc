"""What somebody tells of a change, with its bounds: whatever is outside them is refused before anything is written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from awayteam.gate.change import Approval, Author, Check, Way
from awayteam.kernel.errors import InvalidInput

MOST_PATHS = 100_000
MOST_HANDS = 2_000
MOST_REVIEWS = 2_000
MOST_CHECKS = 2_000
MOST_RULE_FILES = 20_000
RULE_BYTES = 8 * 1024 * 1024
LONGEST_PATH = 4_096
LONGEST = {
    "origin": 100, "origin_key": 200, "repository": 300, "key": 200, "url": 1_000, "title": 300, "base_ref": 300,
}  # fmt: skip
NEEDED = ("origin", "origin_key", "repository", "base", "head")
LONGEST_LABEL = 200
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
Stand = Literal["open", "merged", "closed"]


@dataclass(frozen=True, slots=True)
class Told:
    """A change as its origin knows it at `at`: told again with every news of it, whole each time.

    `origin` and `origin_key` are who tells and its own id of the change. People are named by reference ("" where nobody
    knows them). `base` and `head` are commit ids, `base` of the branch into which it would go. `paths` are as git names
    them; `is_whole` is False where the origin knows of more paths than it names. `rule_files` are the rule files at
    `base`, {} where there are none, None where whoever tells can't read them: what was told of the same `base` before
    holds. `followed` is the number of the followed repository where whoever tells knows it; else it is found by name.
    """

    origin: str
    origin_key: str
    repository: str
    key: str
    url: str
    title: str
    author: Author
    hands: tuple[Author, ...]
    base_ref: str
    base: str
    head: str
    paths: tuple[str, ...]
    stand: Stand
    is_draft: bool
    from_fork: bool
    opened_at: datetime
    at: datetime
    merged_by: Author | None = None
    rule_files: Mapping[str, bytes] | None = None
    way: Way = Way.MERGE
    is_whole: bool = True
    followed: int | None = None


def check(told: Told) -> None:
    """Raises `InvalidInput` that names each value that can't be used."""
    wrong = {
        name: f"has {len(getattr(told, name))} characters; at most {most}"
        for name, most in LONGEST.items()
        if name != "title" and len(getattr(told, name)) > most
    }
    wrong |= {name: "is missing" for name in NEEDED if not getattr(told, name)}
    wrong |= {
        name: "is no commit id: 40 or 64 hexadecimal digits in lower case"
        for name in ("base", "head")
        if name not in wrong and not is_commit(getattr(told, name))
    }
    wrong |= {name: "has no time zone" for name in ("opened_at", "at") if getattr(told, name).tzinfo is None}
    wrong |= _counts(told)
    if any(len(one) > LONGEST_PATH or not one or "\0" in one for one in told.paths):
        wrong["paths"] = f"holds what is no path: empty, with a NUL, or longer than {LONGEST_PATH} characters"
    if told.url and not told.url.startswith(("https://", "http://")):
        wrong["url"] = "is no address that begins with https:// or http://"
    refuse(wrong)


def _counts(told: Told) -> dict[str, str]:
    wrong = {}
    if len(told.paths) > MOST_PATHS:
        wrong["paths"] = f"are {len(told.paths)}; at most {MOST_PATHS}: bring it in in parts"
    if len(told.hands) > MOST_HANDS:
        wrong["hands"] = f"are {len(told.hands)}; at most {MOST_HANDS}: bring it in in parts"
    rules = told.rule_files or {}
    if len(rules) > MOST_RULE_FILES or sum(map(len, rules.values())) > RULE_BYTES:
        wrong["rule_files"] = f"are more than {MOST_RULE_FILES} files, or more than {RULE_BYTES} bytes"
    return wrong


def check_reviews(reviews: Sequence[tuple[str, Approval]]) -> None:
    """Raises `InvalidInput` where reviews are too many, without key or moment, or of no commit."""
    wrong = {}
    if len(reviews) > MOST_REVIEWS:
        wrong["reviews"] = f"are {len(reviews)}; at most {MOST_REVIEWS}"
    for place, (key, one) in enumerate(reviews[:MOST_REVIEWS]):
        if not key or len(key) > LONGEST["origin_key"]:
            wrong[f"reviews.{place}.key"] = f"has 1 to {LONGEST['origin_key']} characters"
        if one.at.tzinfo is None:
            wrong[f"reviews.{place}.at"] = "has no time zone"
        if one.commit and not is_commit(one.commit):
            wrong[f"reviews.{place}.commit"] = "is no commit id"
    refuse(wrong)


def check_checks(checks: Sequence[Check]) -> None:
    """Raises `InvalidInput` where there are too many."""
    if len(checks) > MOST_CHECKS:
        refuse({"checks": f"are {len(checks)}; at most {MOST_CHECKS}"})


def is_commit(text: str) -> bool:
    return _COMMIT.fullmatch(text) is not None


def refuse(wrong: Mapping[str, str]) -> None:
    """Raise `InvalidInput` for what is wrong, by field; nothing where nothing is."""
    if wrong:
        said = "; ".join(f"{name} {what}" for name, what in list(wrong.items())[:5])
        raise InvalidInput(f"This can't be taken as a change: {said}.", fields=dict(list(wrong.items())[:100]))


def cleaned(text: str, most: int) -> str:
    """A text for one line: without control characters and what no database takes, cut to `most` characters."""
    plain = "".join(one if one.isprintable() else " " for one in text[: 4 * most])
    return " ".join(plain.split())[:most]


def people_of(authors: Iterable[Author]) -> list[dict[str, object]]:
    """Authors as the database keeps them, each once."""
    return [
        {"person": one.person, "label": cleaned(one.label, LONGEST_LABEL), "bot": one.is_bot}
        for one in dict.fromkeys(authors)
    ]
