"""From a folder's files to all that the gate asks for, or to every reason why it can't be judged by.

What can't be read and could matter stops everything: an agreement that is missing may deny, but it may also lack a
condition that would have kept something back. A broken file that names other repositories alone is told, and left out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from awayteam.contributions.bots import Bots
from awayteam.engagements.access import WHOLE_TIME, Grants, Joined, Visit
from awayteam.engagements.paths import repository_name
from awayteam.gate.facts import Engagements, Passage, Reviews, Stage, Standards, Terms
from awayteam.gate.folder import agreement, people, register
from awayteam.gate.folder.agreement import HERE, Listed, Reading, Written
from awayteam.gate.folder.files import AGREEMENT, Files, FolderError, Wrong
from awayteam.gate.folder.people import Roster
from awayteam.gate.terms import standards_of, terms_of
from awayteam.kernel.rulebook.build import RulebookError, defaults
from awayteam.kernel.rulebook.build import parse as parse_rulebook
from awayteam.kernel.rulebook.schema import Rulebook

MOST_BOTS = 2_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate judges by. `warnings` are mistakes that don't concern the repository; `is_named` says whether any
    agreement names it."""

    organisation: Roster
    engagements: Engagements
    reviews: Reviews
    standards: Standards
    terms: Terms
    bots: Bots
    warnings: tuple[Wrong, ...]
    is_named: bool


def load(files: Files, repository: str, now: datetime) -> Facts:
    """Everything for a change of `repository` at `now`. Raises `FolderError`."""
    wrong = list(files.wrong)
    book = _rulebook(files, wrong)
    bots = _bots(files, book, wrong)
    everybody, more = people.read(files, nested=book.contributions.nested_teams)
    wrong += more
    roster = Roster(everybody, now)
    written, warnings = _agreements(files, repository, wrong)
    reviews = _reviews(files, written, repository, wrong)
    if wrong:
        raise FolderError(wrong)
    living = [_as_staged(one, now, warnings) for one in written]
    named = any(
        repository_name(name) == repository_name(repository)
        for one in living for term in one.visit.terms for names, _ in term.patterns for name in names
    )  # fmt: skip
    return Facts(
        roster, engagements(living, roster, now), reviews, standards_of(book), terms_of(book), bots, tuple(warnings),
        named,
    )  # fmt: skip


def lint(files: Files) -> tuple[list[Wrong], list[Wrong]]:
    """Every mistake in the folder, and what is only worth a look."""
    wrong = list(files.wrong)
    book = _rulebook(files, wrong)
    _bots(files, book, wrong)
    everybody, more = people.read(files, nested=book.contributions.nested_teams)
    readings = _readings(files)
    for reading in readings:
        wrong += reading.wrong
    wrong += [*more, *_twice(readings)]
    register.read(files, wrong)
    notes = [Wrong(name, "this file means nothing here and is passed by") for name in files.others
             if not name.lower().startswith(("readme", "license", ".git"))]  # fmt: skip
    for reading in readings:
        if reading.written is not None:
            notes += _notes(reading.file, reading.written, everybody)
    return wrong, notes


def engagements(written: Sequence[Written], roster: Roster, now: datetime) -> Engagements:
    """Agreements with their access; people get numbers in the order of their references."""
    refs = sorted({one.person for each in written for one in each.people})
    ids = {ref: number for number, ref in enumerate(refs, start=1)}
    grants = Grants.of((one.visit for one in written), _joined(written, roster, ids))
    return Engagements(
        grants,
        {one.agreement.id: one.agreement for one in written},
        ids,
        {one.agreement.id: frozenset(p.person for p in one.people if _is_listed(p, now)) for one in written},
    )


def _is_listed(one: Listed, now: datetime) -> bool:
    return one.left_at is None or now < one.left_at


def _joined(written: Sequence[Written], roster: Roster, ids: dict[str, int]) -> list[Joined]:
    found = []
    for each in written:
        for one in each.people:
            home = each.agreement.home_team
            times = (WHOLE_TIME,) if one.person in each.agreement.answering else roster.times_in(home, one.person)
            found.append(agreement.joined(each, one, ids[one.person], roster.gone_at(one.person), times))
    return found


def _rulebook(files: Files, wrong: list[Wrong]) -> Rulebook:
    data = files.contents.get("rulebook.toml")
    if data is None:
        return defaults()
    try:
        return parse_rulebook(data.decode("utf-8"), "rulebook.toml")
    except UnicodeDecodeError:
        wrong.append(Wrong("rulebook.toml", "this is not UTF-8; save it as UTF-8", 1))
    except RulebookError as error:
        wrong += [Wrong(one.file, f"{one.message} {one.suggestion}".strip(), one.line, one.key)
                  for one in error.problems]  # fmt: skip
    except RecursionError:
        wrong.append(Wrong("rulebook.toml", "this is nested too deep", 1))
    return defaults()


def _bots(files: Files, book: Rulebook, wrong: list[Wrong]) -> Bots:
    try:
        lines = files.contents.get("bots", b"").decode("utf-8").splitlines()
    except UnicodeDecodeError:
        wrong.append(Wrong("bots", "this is not UTF-8; save it as UTF-8", 1))
        lines = []
    patterns = [one.strip() for one in lines if one.strip() and not one.strip().startswith("#")]
    if len(patterns) > MOST_BOTS or any(len(one) > 200 or not one.strip("* ") for one in patterns):
        wrong.append(Wrong("bots", f"write at most {MOST_BOTS} patterns, each of 1 to 200 characters, one a line"))
        patterns = []
    return Bots((*book.contributions.bots, *book.contributions.more_bots, *patterns))


def _readings(files: Files) -> list[Reading]:
    found = []
    for name, data in files.contents.items():
        if AGREEMENT.fullmatch(name):
            reading = agreement.read(name, data)
            if not files.own and reading.repositories is not None and HERE in reading.repositories:
                why = Wrong(name, f'"{HERE}" means the repository that the folder is kept in; this one is kept outside',
                            1, "scope")  # fmt: skip
                reading = replace(reading, written=None, wrong=(*reading.wrong, why), repositories=None)
            found.append(reading)
    return found


def _agreements(files: Files, repository: str, wrong: list[Wrong]) -> tuple[list[Written], list[Wrong]]:
    """Agreements that can be used; mistakes in those that may concern the repository go to `wrong`."""
    readings = _readings(files)
    twice = _twice(readings)
    warnings: list[Wrong] = []
    for reading in readings:
        if reading.wrong:
            (warnings if _is_unrelated(reading, repository) else wrong).extend(reading.wrong)
    wrong += twice
    return [agreement.at(one.written, repository) for one in readings if one.written is not None], warnings


def _is_unrelated(reading: Reading, repository: str) -> bool:
    names = reading.repositories
    if not names or HERE in names:
        return False
    return repository_name(repository) not in {repository_name(name) for name in names}


def _twice(readings: Iterable[Reading]) -> list[Wrong]:
    """Engagements of one number in two files: nobody knows which counts."""
    numbers = {one.file: one.written.agreement.id for one in readings if one.written is not None}
    counts = Counter(numbers.values())
    return [
        Wrong(file, f"engagement {number} stands in {counts[number]} files", 1, "id")
        for file, number in numbers.items()
        if counts[number] > 1
    ]


def _reviews(files: Files, written: Sequence[Written], repository: str, wrong: list[Wrong]) -> Reviews:
    holds, passages = register.read(files, wrong)
    here = [replace(one, repository=repository) if one.repository == HERE else one for one in holds]
    gone: list[Passage] = [replace(one, repository=repository) if one.repository == HERE else one for one in passages]
    return Reviews(
        tuple(one for each in written for one in each.rounds),
        (*(one for each in written for one in each.holds), *here),
        tuple(gone),
    )


def _as_staged(one: Written, now: datetime, warnings: list[Wrong]) -> Written:
    """What a file grants although its engagement doesn't run is not granted."""
    open_ = [each for each in one.visit.grantings if each.start <= now < each.end]
    if one.agreement.stage is Stage.ACTIVE or not open_:
        return one
    file = f"agreements ({one.agreement.id})"
    warnings.append(Wrong(file, f"it grants access now although it is {one.agreement.stage}; it doesn't", key="grants"))
    kept = tuple(each for each in one.visit.grantings if each not in open_)
    return replace(one, visit=Visit(one.visit.id, one.visit.title, one.visit.zone, kept, one.visit.terms))


def _notes(file: str, written: Written, everybody: people.People) -> list[Wrong]:
    """References that lead to nobody, and agreements that grant nothing."""
    known = everybody.people.keys() | everybody.teams.keys()
    named = [written.agreement.home_team, written.agreement.away_team, *written.agreement.answering,
             *(one.person for one in written.people)]  # fmt: skip
    notes = [Wrong(file, f"{ref} stands in no file of the organisation") for ref in dict.fromkeys(named)
             if ref not in known]  # fmt: skip
    if written.agreement.stage is Stage.WARRANTY and written.agreement.warranty_until is None:
        notes.append(Wrong(file, "without an end of its warranty nothing is repaired under it", key="warranty_until"))
    notes += [
        Wrong(file, f"{one.person} has no agreement of {who}, so nothing is granted to them", key="people")
        for one in written.people
        for who, at in (("their manager", one.agreed_at), ("the home side", one.home_agreed_at))
        if at is None and one.left_at is None
    ]
    return notes
