"""The demonstration's repositories: two years of commits by its people, written as real git repositories.

Everything follows from the seed. What a visitor should find: Checkout changes a part of Payments' gateway more than
Payments does; the reconciliation of the ledger is known by one person; two owners in the catalog and in CODEOWNERS
disagree; there are bots, a contractor and private addresses that nobody knows, and changes from outside that land later
than those from home.
"""

import os
import random
import subprocess
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from awayteam.demo.tables import lines_of
from awayteam.demo.world import DemoService, World

ORGANISATION = "fernweh-example"
ADDRESS = "https://git.fernweh.example"
RULES = ".github/CODEOWNERS"
WITHOUT_RULES = frozenset({"gift-wrap"})
STALE_RULES = frozenset({"push-sender", "member-offers"})
"""Their CODEOWNERS still names the owner before the transfer."""
BELONGS_ELSEWHERE = {
    ("payment-gateway", "checkout-adapter"): "checkout",
    ("price-calculator", "discounts"): "promotions",
}
SHARED_FROM = 280
"""Repositories with more commits share the ownership of their deployment with Runtime."""
SOLE = ("payment-ledger", "reconciliation")
BOT = ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com")
CONTRACTOR = ("Extern Three", "x3@studio-nord.example")
VERBS = (
    "Add", "Fix", "Simplify", "Test", "Bound", "Log", "Cache", "Rename", "Retry", "Validate", "Speed up", "Document",
)  # fmt: skip
THINGS = (
    "the timeout", "rounding", "an empty list", "the second attempt", "the slow query", "the error message",
    "time zones", "the old format", "a race at midnight", "the metrics", "paging", "the feature switch",
)  # fmt: skip


@dataclass(slots=True)
class _Change:
    """One commit: who, when (seconds), and the files that it writes."""

    author: tuple[str, str]
    at: int
    subject: str
    files: list[str]


@dataclass(slots=True)
class _Unit:
    """What lands on the main line at once: one commit, or a branch with its merge."""

    lands: int
    changes: list[_Change]
    branch: str = ""
    by: str = ""


@dataclass(slots=True)
class Plan:
    """What one repository is made of; `away` maps teams to their share of the commits, `areas` each to its owner."""

    service: DemoService
    commits: int
    away: dict[str, float]
    areas: dict[str, str]
    rules: list[tuple[date, str]] = field(default_factory=list)
    """From which day CODEOWNERS reads how."""


def plans(world: World) -> list[Plan]:
    found = []
    for line in filter(None, lines_of("history.txt")):
        name, count, away, areas = (part.strip() for part in line.split("|"))
        service = world.services[name]
        shares = {team: float(share) for team, share in (pair.split() for pair in away.split(", "))}
        owned = {part.partition("=")[0]: part.partition("=")[2] for part in areas.split(", ")}
        plan = Plan(service, int(count), shares, owned)
        if name not in WITHOUT_RULES:
            plan.rules = list(_rules(plan))
        found.append(plan)
    return found


def _rules(plan: Plan) -> Iterator[tuple[date, str]]:
    owners = plan.service.owners[:1] if plan.service.name in STALE_RULES else plan.service.owners
    for owner, span in owners:
        lines = [f"* @{ORGANISATION}/{owner}", "/scratch/"]
        if plan.commits > SHARED_FROM:
            lines.append(f"/deploy/ @{ORGANISATION}/{owner} @{ORGANISATION}/runtime")
        lines += [f"/src/{area}/ @{ORGANISATION}/{other or owner}" for area, other in plan.areas.items()]
        yield span.starts, "\n".join(lines) + "\n"


def write(world: World, folder: Path, progress: Callable[[str, int, int], None]) -> list[Path]:
    """Write every repository (bare) below `folder`, which must not hold them yet; returns their paths."""
    made = []
    every = plans(world)
    for number, plan in enumerate(every):
        progress(f"commits of {plan.service.name}", number, len(every))
        path = folder / f"{plan.service.name}.git"
        _git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(path))
        _git(path, "config", "remote.origin.url", f"{ADDRESS}/{ORGANISATION}/{plan.service.name}.git")
        stream = "".join(_stream(plan, _units(world, plan))).encode()
        _git(path, "fast-import", "--quiet", "--done", stdin=stream)
        made.append(path)
    return made


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": _path(), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": ""}
    command = ["git", "-c", "core.fsync=none", *arguments]
    subprocess.run(command, cwd=folder, env=environment, input=stdin, check=True, capture_output=True)  # noqa: S603


def _path() -> str:
    return os.environ.get("PATH", "/usr/bin:/bin")


def _units(world: World, plan: Plan) -> list[_Unit]:
    """Everything that lands, in order; a third of it by branches."""
    chance = random.Random(f"history {plan.service.name}")  # noqa: S311 - a demonstration, not a secret
    first = plan.service.span.starts
    days = (world.today - first).days
    left, units = plan.commits, []
    while left > 0:
        day = first + timedelta(days=min(int(days * chance.random() ** 0.8), days - 1))
        if day.weekday() > 4 and chance.random() < 0.93:
            continue
        unit = _unit(world, plan, day, chance)
        units.append(unit)
        left -= len(unit.changes)
    for day, _ in plan.rules:
        owner = plan.service.owner_on(day) or plan.service.owners[0][0] or ""
        author = _author(world, owner, day, chance) or CONTRACTOR
        at = int(datetime.combine(day, time(7), UTC).timestamp())
        units.append(_Unit(at, [_Change(author, at, "Say who owns what", [RULES])]))
    units.sort(key=lambda unit: unit.lands)
    end = int(datetime.combine(world.today, time(5), UTC).timestamp())
    return [unit for unit in units if unit.lands <= end]


def _unit(world: World, plan: Plan, day: date, chance: random.Random) -> _Unit:
    owner = plan.service.owner_on(day) or plan.service.owners[0][0] or ""
    roll, team = chance.random(), owner
    for other, share in plan.away.items():
        if roll < share:
            team = other
            break
        roll -= share
    special = chance.random()
    if special < 0.05:
        at = _seconds(day, chance)
        subject = f"Update a dependency to {chance.randrange(2, 9)}.{chance.randrange(20)}"
        return _Unit(at, [_Change(BOT, at, subject, ["deps.lock"])])
    author = CONTRACTOR if special < 0.065 else _author(world, team, day, chance)
    if author is None:
        team, author = owner, _author(world, owner, day, chance) or CONTRACTOR
    area = _area(plan, team, owner, chance)
    if plan.areas[area] and chance.random() < 0.6:
        author = _author(world, plan.areas[area], day, chance) or author
    if (plan.service.name, area) == SOLE:
        author = _sole(world, owner)
    if author == CONTRACTOR:
        at = _seconds(day, chance)
        return _Unit(at, [_Change(author, at, f"{chance.choice(VERBS)} {chance.choice(THINGS)}", _files(area, chance))])
    if author == _sole(world, owner) and chance.random() < 0.15:
        at, (given, family) = _seconds(day, chance), author[0].split(" ", 1)
        private = f"{given[0]}. {family}", f"{given[0]}{family}@post.example".lower()
        return _Unit(
            at, [_Change(private, at, f"{chance.choice(VERBS)} {chance.choice(THINGS)}", _files(area, chance))]
        )
    return _landing(author, area, day, team != owner, chance)


def _area(plan: Plan, team: str, owner: str, chance: random.Random) -> str:
    """Where a team works: guests mostly in the part that is theirs at heart, the home team mostly elsewhere."""
    mine = [area for area in plan.areas if BELONGS_ELSEWHERE.get((plan.service.name, area)) == team]
    if mine and team != owner:
        return mine[0] if chance.random() < 0.75 else chance.choice(list(plan.areas))
    theirs = [area for area in plan.areas if (plan.service.name, area) in BELONGS_ELSEWHERE]
    if theirs and chance.random() < 0.9:
        return chance.choice([area for area in plan.areas if area not in theirs])
    return chance.choice(list(plan.areas))


def _landing(author: tuple[str, str], area: str, day: date, is_away: bool, chance: random.Random) -> _Unit:
    at = _seconds(day, chance)
    by_branch = is_away or chance.random() < 0.25
    count = chance.choice((1, 1, 1, 2) if is_away else (1, 2, 2, 3)) if by_branch else 1
    changes = []
    for step in range(count):
        subject = f"{chance.choice(VERBS)} {chance.choice(THINGS)} in {area}"
        changes.append(_Change(author, at + step * chance.randrange(1800, 30_000), subject, _files(area, chance)))
    if not by_branch:
        return _Unit(at, changes)
    hours = chance.lognormvariate(3.9, 0.7) if is_away else chance.lognormvariate(2.6, 0.8)
    lands = changes[-1].at + int(hours * 3600)
    return _Unit(lands, changes, f"{area}-{chance.randrange(10_000)}", author[1].partition("@")[0].rpartition("+")[2])


def _files(area: str, chance: random.Random) -> list[str]:
    files = {f"src/{area}/part{chance.randrange(1, 9)}.txt" for _ in range(chance.choice((1, 1, 2, 3)))}
    if chance.random() < 0.3:
        files.add(f"tests/{area}.txt")
    if chance.random() < 0.06:
        files.add("deploy/service.txt")
    if chance.random() < 0.03:
        files.add("scratch/notes.txt")
    return sorted(files)


def _author(world: World, team: str, day: date, chance: random.Random) -> tuple[str, str] | None:
    here = [p for p in world.ever(team) if (place := p.team_on(day)) and place[0] == team]
    if not here:
        return None
    person = chance.choices(here, [1 / (number + 1) for number in range(len(here))])[0]
    if chance.random() < 0.12:
        number = sum(map(ord, person.login)) * 7919
        return person.name, f"{number}+{person.login}@users.noreply.github.com"
    return person.name, f"{person.login}@fernweh.example"


def _sole(world: World, team: str) -> tuple[str, str]:
    """The lead of the team, whatever the day."""
    lead = next(p for p in world.ever(team) if any(t == team and role == "lead" for t, _, role in p.places))
    return lead.name, f"{lead.login}@fernweh.example"


def _seconds(day: date, chance: random.Random) -> int:
    return int(datetime.combine(day, time(8), UTC).timestamp()) + chance.randrange(0, 10 * 3600)


def _stream(plan: Plan, units: list[_Unit]) -> Iterator[str]:
    """The repository as a stream for `git fast-import`."""
    mark = 0
    times: list[int] = []
    tips: list[int] = []
    pull = 0
    for unit in units:
        if not unit.branch:
            mark += 1
            yield _commit(mark, unit.changes[0], tips[-1:], plan)
        else:
            place = bisect_right(times, unit.changes[0].at) - 1
            base = tips[place : place + 1] if place >= 0 else tips[:1]
            written: list[str] = []
            for change in unit.changes:
                mark += 1
                yield _commit(mark, change, base, plan, branch=f"topic/{unit.branch}")
                base, written = [mark], [*written, *change.files]
            mark, pull = mark + 1, pull + 1
            subject = f"Merge pull request #{pull} from {unit.by}/{unit.branch}"
            merge = _Change(unit.changes[-1].author, unit.lands, subject, sorted(set(written)))
            yield _commit(mark, merge, [*tips[-1:], mark - 1], plan, content=mark - 1)
        times.append(unit.lands)
        tips.append(mark)
    yield "done\n"


def _commit(mark: int, change: _Change, parents: list[int], plan: Plan, branch: str = "main", content: int = 0) -> str:
    name, email = change.author
    who = f"{name} <{email}> {change.at} +0000"
    ref = "refs/heads/main" if branch == "main" else "refs/awayteam/topic"
    parts = [f"commit {ref}\nmark :{mark}\nauthor {who}\ncommitter {who}\n", _data(change.subject)]
    parts += [f"{word} :{parent}\n" for word, parent in zip(("from", "merge"), parents, strict=False)]
    for file in change.files:
        if file == RULES:
            day = datetime.fromtimestamp(change.at, UTC).date()
            text = next(text for since, text in reversed(plan.rules) if since <= day)
        else:
            text = f"{file} {content or mark}\n"
        parts.append(f"M 644 inline {file}\n{_data(text)}")
    return "".join(parts)


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
