"""Areas: who changes them, who knows them, how fast changes from outside land, and where they seem to belong."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q

from awayteam.contributions.models import Area, CommitAuthor, Touch
from awayteam.contributions.permissions import visible
from awayteam.contributions.queries.flows import Side, Sides
from awayteam.contributions.queries.scope import COUNTED, Choice, Scope, at, scope
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.paging import Page, decode_cursor, encode_cursor
from awayteam.kernel.rulebook.sections.knowing import Contributions


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area with its counts in the window; `top_share` is the share of the commits of the one who made most."""

    area: Area
    owner: Side
    commits: int
    home: int
    away: int
    authors: int
    top_share: float
    is_sole: bool


@dataclass(frozen=True, slots=True)
class Knower:
    """Somebody who changed an area."""

    key: str
    label: str
    ref: str
    commits: int
    share: float
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Median hours from the first commit of a branch to its merge, and over how many branches.

    `unknown` counts commits that look like a squashed pull request: nothing in git tells when such a branch began.
    """

    branches: int
    hours: float | None
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class AreaDetail:
    row: AreaRow
    scope: Scope
    knowers: tuple[Knower, ...]
    origins: tuple[tuple[Side, int], ...]
    home_latency: Latency
    away_latency: Latency
    more_knowers: int = 0


@dataclass(frozen=True, slots=True)
class Belonging:
    """A suggestion: most commits to the area come from one team that doesn't own it."""

    area: Area
    owner: Side
    candidate: Side
    commits: int
    of: int
    share: float


SORTS = ("commits", "away", "home", "authors", "top_share")


def areas(
    actor: Actor,
    choice: Choice,
    rules: Contributions,
    *,
    sort: str = "commits",
    sole: bool = False,
    owner: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AreaRow]:
    """Areas touched in the window, by one of `SORTS` (the largest first); `sole` keeps those that one person knows."""
    found = scope(actor, choice)
    rows = [row for row in _rows(found, rules) if (row.is_sole or not sole) and (row.owner.key == owner or not owner)]
    rows.sort(key=lambda row: (-getattr(row, sort if sort in SORTS else "commits"), row.area.name, row.area.pk))
    start = decode_cursor(cursor, int)[0] if cursor else 0
    shown = rows[start : start + limit] if start >= 0 else []
    more = start + limit < len(rows)
    return Page(shown, encode_cursor(start + limit) if more else None, len(rows))


def _touches(found: Scope, only: Q | None = None) -> Iterable[Any]:
    """Touches of owned areas by commits that count."""
    for condition in found.chunks("commit__"):
        counted = {f"commit__{found.stands}__in": COUNTED, "reading__in": found.readings, "area__isnull": False}
        yield Touch.objects.filter(condition, only or Q(), **counted).order_by()


def _rows(found: Scope, rules: Contributions, only: Q | None = None) -> list[AreaRow]:
    commits: Counter[int] = Counter()
    home: Counter[int] = Counter()
    authors: dict[int, list[int]] = defaultdict(list)
    distinct = Count("commit", distinct=True)
    at_home = Count("commit", distinct=True, filter=Q(**{found.at_home: True}))
    for rows in _touches(found, only):
        for area, n, h in rows.values_list("area_id").annotate(n=distinct, h=at_home):
            commits[area] += n
            home[area] += h
        for area, _, n in rows.values_list("area_id", "commit__author__person_key").annotate(n=distinct):
            authors[area].append(n)
    known = _areas(commits)
    sides = Sides()
    made = []
    for pk, count in commits.items():
        top = max(authors[pk]) / count
        sole = top >= rules.sole_author_share and count >= rules.sole_author_commits_min
        owner = sides.party(known[pk].party_id)
        made.append(AreaRow(known[pk], owner, count, home[pk], count - home[pk], len(authors[pk]), top, sole))
    return made


def _areas(pks: Iterable[int]) -> dict[int, Area]:
    wanted = list(pks)
    found: dict[int, Area] = {}
    for start in range(0, len(wanted), 5_000):
        rows = Area.objects.filter(pk__in=wanted[start : start + 5_000]).select_related("repository")
        found |= {row.pk: row for row in rows}
    return found


def area(actor: Actor, pk: int, choice: Choice, rules: Contributions) -> AreaDetail:
    """One area: who knows it, whence changes come, how fast they land. Raises `NotFound`."""
    row = Area.objects.select_related("repository").filter(pk=pk).first()
    from awayteam.contributions.models import Repository

    if row is None or not visible(actor, Repository.objects.filter(pk=row.repository_id)).exists():
        raise NotFound("There is no such area.", "See the list of areas.")
    found = scope(actor, _of(choice, row.repository_id))
    counted = _rows(found, rules, Q(area=row))
    shown = counted[0] if counted else AreaRow(row, Sides().party(row.party_id), 0, 0, 0, 0, 0.0, False)
    knowers = _knowers(found, row, shown.commits)
    return AreaDetail(
        shown, found, tuple(knowers[:25]), tuple(_origins(found, row)), _latency(found, row, True),
        _latency(found, row, False), max(len(knowers) - 25, 0),
    )  # fmt: skip


def _of(choice: Choice, repository: int) -> Choice:
    return Choice(choice.since, choice.until, choice.as_of, "team", repository)


def _knowers(found: Scope, row: Area, total: int) -> list[Knower]:
    counts: dict[str, tuple[int, int]] = {}
    for rows in _touches(found, Q(area=row)):
        grouped = rows.values_list("commit__author__person_key").annotate(
            n=Count("commit", distinct=True), last=Max("commit__committed")
        )
        for key, n, last in grouped:
            had = counts.get(key, (0, 0))
            counts[key] = (had[0] + n, max(had[1], last))
    labels = people_of(counts)
    made = [Knower(key, *labels[key], n, n / total if total else 0.0, at(last)) for key, (n, last) in counts.items()]
    return sorted(made, key=lambda one: (-one.commits, one.label))


def people_of(keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """A name and a person's reference ("" where nobody is known) for each key of authors."""
    found: dict[str, tuple[str, str]] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), 5_000):
        rows = CommitAuthor.objects.filter(person_key__in=wanted[start : start + 5_000]).select_related("person")
        for row in rows.order_by("pk"):
            person = row.person
            found.setdefault(row.person_key, (str(person), person.ref) if person else (row.name or row.email, ""))
    return {key: found.get(key, (key, "")) for key in wanted}


def _origins(found: Scope, row: Area) -> list[tuple[Side, int]]:
    counts: Counter[int] = Counter()
    for rows in _touches(found, Q(area=row)):
        for origin, n in rows.values_list(f"commit__{found.origin}_id").annotate(n=Count("commit", distinct=True)):
            counts[origin] += n
    sides = Sides()
    return [(sides.party(pk), n) for pk, n in counts.most_common()]


def _latency(found: Scope, row: Area, home: bool) -> Latency:
    spans: set[tuple[int, int, int]] = set()
    unknown = 0
    squashed = Q(commit__branch=None, commit__subject__contains=" (#", commit__subject__endswith=")")
    for rows in _touches(found, Q(area=row) & Q(**{found.at_home: home})):
        unknown += rows.filter(squashed).values("commit").distinct().count()
        columns = ("commit__branch_id", "commit__branch__merged", "commit__branch__first")
        spans |= set(rows.filter(commit__branch__isnull=False).values_list(*columns).distinct())
    waits = [merged - first for _, merged, first in spans if merged >= first > 0]
    return Latency(len(waits), round(median(waits) / 3600, 1) if waits else None, unknown)


def belonging(actor: Actor, choice: Choice, rules: Contributions) -> list[Belonging]:
    """Areas most of whose commits come from one other team, the clearest first."""
    found = scope(actor, choice)
    totals: Counter[int] = Counter()
    outside: Counter[tuple[int, int]] = Counter()
    distinct = Count("commit", distinct=True)
    team = f"commit__{found.origin}__team__isnull"
    for rows in _touches(found):
        totals.update(dict(rows.values_list("area_id").annotate(n=distinct)))
        away = rows.filter(**{found.at_home: False, team: False})
        for one, origin, n in away.values_list("area_id", f"commit__{found.origin}_id").annotate(n=distinct):
            outside[(one, origin)] += n
    enough = {
        key: n
        for key, n in outside.items()
        if n >= rules.belonging_commits_min and n / totals[key[0]] >= rules.belonging_share
    }
    return _suggestions(enough, totals)


def _suggestions(enough: dict[tuple[int, int], int], totals: Counter[int]) -> list[Belonging]:
    known, sides = _areas({key[0] for key in enough}), Sides()
    made = [
        Belonging(known[pk], sides.party(known[pk].party_id), sides.party(origin), n, totals[pk], n / totals[pk])
        for (pk, origin), n in enough.items()
        if known[pk].party_id != origin
    ]
    return sorted(made, key=lambda one: (-one.share, -one.commits, one.area.name))


def sole_areas(rows: Sequence[AreaRow]) -> list[AreaRow]:
    return [row for row in rows if row.is_sole]
