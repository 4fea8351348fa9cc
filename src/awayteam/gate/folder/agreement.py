"""One engagement as a file, and back: what it grants to whom, and what was looked at (docs/check.md, "Agreements")."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from awayteam.engagements.access import ALWAYS, FOREVER, Interval, Joined, Patterns, Term, Visit
from awayteam.engagements.paths import problem
from awayteam.gate.facts import Agreement, Hold, Look, Mode, Round, Stage
from awayteam.gate.folder.files import Wrong
from awayteam.gate.folder.shape import Table, parse

FORMAT = 1
HERE = "."
"""In place of a repository's name: the one in which the folder is kept."""

KEYS = ("format", "id", "title", "home_team", "away_team", "review_mode", "stage", "time_zone", "home_answers",
        "away_lead", "design_signed", "warranty_until", "contract", "address", "grants", "scope", "people", "rounds",
        "holds")  # fmt: skip
GRANT_KEYS = ("from", "until")
SCOPE_KEYS = ("repositories", "patterns", "from", "until")
PERSON_KEYS = ("person", "first_day", "last_day", "listed_at", "manager_agreed_at", "home_agreed_at", "left_at",
               "of_home")  # fmt: skip
ROUND_KEYS = ("url", "commit", "look", "by", "independent", "own", "turn", "due_at", "address")
HOLD_KEYS = ("repository", "says", "who", "due_at", "address")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(r"(user|group):[^\s/:]{1,200}/[^\s/:]{1,200}")
_ADDRESS = re.compile(r"https?://\S{1,2000}")
BEFORE_EVERYTHING = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody on the list; `of_home` are the times in which they were of the home side (`organisation` may add)."""

    person: str
    joins_on: date
    joined_at: datetime = ALWAYS
    leaves_on: date | None = None
    agreed_at: datetime | None = None
    home_agreed_at: datetime | None = None
    left_at: datetime | None = None
    of_home: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """All that the file of one engagement says. Its `visit` has no `signed`: `Listed.home_agreed_at` says it."""

    agreement: Agreement
    visit: Visit
    people: tuple[Listed, ...] = ()
    rounds: tuple[Round, ...] = ()
    holds: tuple[Hold, ...] = ()
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file: `written` None where it can't be used. `repositories` are all names that it says, None
    where not even that is known."""

    file: str
    written: Written | None
    wrong: tuple[Wrong, ...] = ()
    repositories: frozenset[str] | None = None


def read(file: str, data: bytes) -> Reading:
    """The engagement in a file; nothing of a file with a mistake is used."""
    document = parse(file, data)
    if document.wrong:
        return Reading(file, None, tuple(document.wrong))
    table = Table(document, document.root, (), KEYS)
    written = _written(table)
    names = frozenset(name for term in written.visit.terms for some, _ in term.patterns for name in some)
    scopes = document.root.get("scope")
    told = bool(names) and isinstance(scopes, list) and not any("repositories" in w.key for w in document.wrong)
    told = told and not any(key not in SCOPE_KEYS for one in scopes or () if isinstance(one, dict) for key in one)
    if document.wrong:
        return Reading(file, None, tuple(document.wrong), names if told else None)
    return Reading(file, written, (), names)


def joined(written: Written, one: Listed, number: int, gone_at: datetime | None, at_home: Iterable[Interval]) -> Joined:
    """A person of the file as access is computed from; `at_home` is what the organisation says of them."""
    return Joined(
        written.agreement.id, number, one.joins_on, one.joined_at, one.leaves_on, one.agreed_at, one.home_agreed_at,
        one.left_at, gone_at, (*one.of_home, *at_home),
    )  # fmt: skip


def _written(table: Table) -> Written:
    if table.has("format") and table.number("format") not in (0, FORMAT):
        table.complain("format", f"this version reads format {FORMAT}; a newer Awayteam may read this file")
    agreement = Agreement(
        id=table.number("id"),
        title=table.text("title", None),
        home_team=_reference(table, "home_team", "group"),
        away_team=_reference(table, "away_team", "group"),
        mode=table.word("review_mode", Mode),
        stage=table.word("stage", Stage),
        answering=_references(table, "home_answers"),
        away_lead=_reference(table, "away_lead", "user") if table.has("away_lead") else "",
        design_signed=table.flag("design_signed"),
        warranty_until=table.moment("warranty_until"),
        address=_address(table),
    )
    if agreement.home_team and agreement.home_team == agreement.away_team:
        table.complain("away_team", "nobody visits their own team")
    contract = table.text("contract")
    if contract and not _SHA256.fullmatch(contract):
        table.complain("contract", "this must be the SHA-256 of the contract: 64 hexadecimal digits")
    visit = Visit(agreement.id, agreement.title, _zone(table), _grants(table), _terms(table))
    _check_stage(table, agreement, visit)
    rounds = tuple(_round(one, agreement.id) for one in table.tables("rounds", ROUND_KEYS))
    holds = tuple(hold(one, agreement.id) for one in table.tables("holds", HOLD_KEYS))
    return Written(agreement, visit, _people(table), rounds, holds, contract)


def _check_stage(table: Table, agreement: Agreement, visit: Visit) -> None:
    if agreement.stage is Stage.BEFORE and visit.grantings:
        table.complain("grants", "an engagement that hasn't begun grants nothing yet")


def _reference(table: Table, key: str, kind: str) -> str:
    value = table.text(key, None).lower()
    if value and not (_REFERENCE.fullmatch(value) and value.startswith(f"{kind}:")):
        table.complain(
            key, f"this must be a reference, such as {kind}:default/{'orders' if kind == 'group' else 'ada'}"
        )
        return ""
    return value


def _references(table: Table, key: str) -> tuple[str, ...]:
    found = tuple(one.lower() for one in table.texts(key))
    if not all(_REFERENCE.fullmatch(one) and one.startswith("user:") for one in found):
        table.complain(key, "each must be a person's reference, such as user:default/ada")
    return found


def _address(table: Table) -> str:
    value = table.text("address")
    if value and not _ADDRESS.fullmatch(value):
        table.complain("address", "this must be an address of the web (https://...)")
        return ""
    return value


def _zone(table: Table) -> str:
    name = table.text("time_zone", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        table.complain("time_zone", "this is no time zone; write one such as Europe/Berlin")
        return "UTC"
    return name


def _interval(table: Table, *, open_: bool) -> Interval:
    """From and until; both must be given unless `open_`."""
    start = table.moment("from", needed=not open_)
    end = table.moment("until", needed=not open_)
    if start and end and end < start:
        table.complain("until", "this lies before its beginning")
    return Interval(start or ALWAYS, end or FOREVER)


def _grants(table: Table) -> tuple[Interval, ...]:
    return tuple(_interval(one, open_=False) for one in table.tables("grants", GRANT_KEYS))


def _terms(table: Table) -> tuple[Term, ...]:
    """Lines of scope, those with equal times together, in the order of the file."""
    found: dict[Interval, list[tuple[frozenset[str], str]]] = {}
    for one in table.tables("scope", SCOPE_KEYS):
        names = frozenset(one.texts("repositories", needed=True))
        during = _interval(one, open_=True)
        for pattern in one.texts("patterns", needed=True):
            if said := problem(pattern):
                one.complain("patterns", said)
            else:
                found.setdefault(during, []).append((names, pattern))
    return tuple(Term(during, tuple(patterns)) for during, patterns in found.items())


def _people(table: Table) -> tuple[Listed, ...]:
    found = []
    for one in table.tables("people", PERSON_KEYS):
        first, last = one.day("first_day", needed=True), one.day("last_day")
        if first and last and last < first:
            one.complain("last_day", "this lies before the first day")
        found.append(
            Listed(
                _reference(one, "person", "user"),
                first or BEFORE_EVERYTHING,
                one.moment("listed_at") or ALWAYS,
                last,
                one.moment("manager_agreed_at"),
                one.moment("home_agreed_at"),
                one.moment("left_at"),
                tuple(_interval(each, open_=True) for each in one.tables("of_home", GRANT_KEYS)),
            )
        )
    return tuple(found)


def _round(table: Table, engagement: int) -> Round:
    return Round(
        engagement=engagement,
        url=table.text("url"),
        commit=table.text("commit"),
        look=table.word("look", Look),
        by=_reference(table, "by", "user") if table.has("by") else "",
        independent=table.flag("independent"),
        own=table.flag("own"),
        turn=_reference(table, "turn", "user") if table.has("turn") else "",
        due_at=table.moment("due_at"),
        address=_address(table),
    )


def hold(table: Table, engagement: int) -> Hold:
    """What a bar raiser keeps back: of an engagement, or (0) of the repository that it must then name."""
    repository = table.text("repository", None if engagement == 0 else "")
    return Hold(engagement, repository, table.text("says", None), _references(table, "who"), table.moment("due_at"),
                _address(table))  # fmt: skip


def at(written: Written, name: str) -> Written:
    """The same with the repository's name in place of ".": what a folder says of the repository that it is kept in."""
    terms = tuple(replace_names(term, lambda some: some - {HERE} | {name} if HERE in some else some)
                  for term in written.visit.terms)  # fmt: skip
    holds = tuple(replace(one, repository=name) if one.repository == HERE else one for one in written.holds)
    return replace(written, visit=replace(written.visit, terms=terms), holds=holds)


def replace_names(term: Term, names: Callable[[frozenset[str]], frozenset[str]]) -> Term:
    patterns: Patterns = tuple((names(some), pattern) for some, pattern in term.patterns)
    return Term(term.during, patterns)
