"""The map itself: classes, flows from party to party, and how they went over time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Count, ExpressionWrapper, F, Q, Sum

from awayteam.contributions.models import Commit, Flow, Party, Stands
from awayteam.contributions.queries.scope import COUNTED, Choice, Scope, at, scope
from awayteam.contributions.rules import AuthorClass
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Team

PERIOD = 28 * 86_400
"""Seconds in one of the periods over which time is told: four weeks, all of one length."""


@dataclass(frozen=True, slots=True)
class Side:
    """A row or column: a team, a unit, or a name that stands for no single team. `key` goes into addresses."""

    key: str
    label: str
    ref: str = ""
    is_unit: bool = False


@dataclass(frozen=True, slots=True)
class FlowRow:
    """Commits (each counted once) and file changes from one side into what another owns; the same one: home."""

    origin: Side
    target: Side
    commits: int
    files: int

    @property
    def is_home(self) -> bool:
        return self.origin.key == self.target.key


@dataclass(frozen=True, slots=True)
class AwayMap:
    """All counts of one question."""

    scope: Scope
    commits: dict[str, int]
    classes: dict[str, int]
    members_only: dict[str, int]
    authors: dict[str, int]
    flows: tuple[FlowRow, ...]
    differing: int

    @property
    def counted(self) -> int:
        return sum(self.classes.values())

    @property
    def owned(self) -> int:
        """Commits that touch something owned."""
        return self.counted - self.classes["unowned"]

    @property
    def away_share(self) -> float | None:
        """Share of commits to owned code that come wholly or partly from outside its owners."""
        return (self.classes["away"] + self.classes["mixed"]) / self.owned if self.owned else None


def away_map(actor: Actor, choice: Choice) -> AwayMap:
    """The map for what the actor may see; some six statements for each hundred different windows."""
    found = scope(actor, choice)
    kinds: Counter[tuple[int, str]] = Counter()
    people: dict[str, set[str]] = {}
    differing = 0
    for condition in found.chunks():
        rows = Commit.objects.filter(condition)
        for stands, kind, count in rows.order_by().values_list(found.stands, "author__kind").annotate(n=Count("pk")):
            kinds[(stands, kind)] += count
        known = rows.filter(**{f"{found.stands}__in": COUNTED}).order_by()
        for kind, key in known.values_list("author__kind", "author__person_key").distinct():
            people.setdefault(kind, set()).add(key)
        differing += known.exclude(stands=F("stands_at_head")).count()
    return AwayMap(
        scope=found,
        commits=_commits(kinds),
        classes=_classes(kinds, None),
        members_only=_classes(kinds, (AuthorClass.MEMBER.value, AuthorClass.MEMBER_WITHOUT_TEAM.value)),
        authors={kind.value: len(people.get(kind.value, ())) for kind in AuthorClass if kind is not AuthorClass.BOT},
        flows=tuple(flows(found)),
        differing=differing,
    )


def _commits(kinds: Counter[tuple[int, str]]) -> dict[str, int]:
    by = Counter[int]()
    for (stands, _), count in kinds.items():
        by[stands] += count
    human = sum(by[one] for one in (*COUNTED, Stands.NO_FILES))
    return {
        "total": human + by[Stands.BOT] + by[Stands.DUPLICATE],
        "human": human,
        "bot": by[Stands.BOT],
        "no_files": by[Stands.NO_FILES],
        "duplicates": by[Stands.DUPLICATE],
        "merges_left_out": by[Stands.MERGE],
    }


def _classes(kinds: Counter[tuple[int, str]], among: tuple[str, ...] | None) -> dict[str, int]:
    return {
        str(one.label): sum(n for (stands, kind), n in kinds.items() if stands == one and (not among or kind in among))
        for one in COUNTED
    }


def flows(found: Scope, *, only: Q | None = None) -> list[FlowRow]:
    """Flows of a scope, the largest first; by unit a commit counts once for each pair of units."""
    sides = Sides(found.choice.by)
    totals: dict[tuple[Side, Side], list[int]] = {}
    by_unit = found.choice.by == "unit"
    for condition in found.chunks():
        rows = Flow.objects.filter(condition, only or Q(), reading=found.reading).order_by()
        if by_unit:
            _by_unit(rows, sides, totals)
            continue
        for origin, target, commits, files in rows.values_list("origin_id", "target_id").annotate(
            n=Count("pk"), f=Sum("files")
        ):
            _add(totals, sides.party(origin), sides.party(target), commits, files)
    made = [FlowRow(origin, target, *numbers) for (origin, target), numbers in totals.items()]
    return sorted(made, key=lambda row: (-row.commits, row.origin.label, row.target.label))


def _add(totals: dict[tuple[Side, Side], list[int]], origin: Side, target: Side, commits: int, files: int) -> None:
    pair = totals.setdefault((origin, target), [0, 0])
    pair[0] += commits
    pair[1] += files


def _by_unit(rows: Any, sides: "Sides", totals: dict[tuple[Side, Side], list[int]]) -> None:
    """Parties without a unit keep their own row. A commit into two teams of one unit counts once."""
    of = {True: "unit_id", False: "id"}
    for origin_has in (True, False):
        for target_has in (True, False):
            some = rows.filter(origin__unit__isnull=not origin_has, target__unit__isnull=not target_has)
            columns = (f"origin__{of[origin_has]}", f"target__{of[target_has]}")
            counted = some.values_list(*columns).annotate(n=Count("commit", distinct=True), f=Sum("files"))
            for origin, target, commits, files in counted:
                _add(
                    totals,
                    sides.unit(origin) if origin_has else sides.party(origin),
                    sides.unit(target) if target_has else sides.party(target),
                    commits,
                    files,
                )


class Sides:
    """Parties and units by id, loaded once."""

    def __init__(self, by: str = "team") -> None:
        parties = Party.objects.select_related("team")
        self._parties = {
            row.pk: Side(f"p{row.pk}", row.label, row.team.ref if row.team else "", bool(row.team and row.team.is_unit))
            for row in parties
        }
        units = Team.objects.filter(is_unit=True) if by == "unit" else Team.objects.none()
        self._units = {row.pk: Side(f"u{row.pk}", str(row), row.ref, True) for row in units}

    def party(self, pk: int | None) -> Side:
        return self._parties[pk] if pk in self._parties else Side("", "(unknown)")

    def unit(self, pk: int) -> Side:
        return self._units.get(pk) or Side(f"u{pk}", "(unknown)")


def side_condition(key: str, column: str) -> Q:
    """What `key` of a `Side` means for a party in `column`; nothing fits a key that was not made here."""
    kind, digits = key[:1], key[1:]
    if kind not in ("p", "u") or not digits.isdecimal() or len(digits) > 18:
        return Q(pk__in=[])
    return Q(**{f"{column}_id" if kind == "p" else f"{column}__unit_id": int(digits)})


@dataclass(frozen=True, slots=True)
class Period:
    """Four weeks of one side: commits into what it owns, from home and from away."""

    starts: datetime | None
    home: int
    away: int


@dataclass(frozen=True, slots=True)
class Series:
    side: Side
    periods: tuple[Period, ...]
    home: int
    away: int


def over_time(found: Scope, *, most: int = 12, only: Iterable[str] = ()) -> list[Series]:
    """The sides whose code is changed most from outside, with every period of the window; one statement a chunk."""
    counts: dict[tuple[int, int], list[int]] = {}
    last = found.last or 0
    by_unit = found.choice.by == "unit"
    columns = ("target__unit_id", "origin__unit_id") if by_unit else ("target_id", "origin_id")
    number = ExpressionWrapper((last - F("committed")) / PERIOD, output_field=BigIntegerField())
    counting = Count("commit", distinct=True) if by_unit else Count("pk")
    for condition in found.chunks():
        rows = Flow.objects.filter(condition, reading=found.reading, **{f"{columns[0]}__isnull": False}).order_by()
        for target, origin, period, count in (
            rows.annotate(period=number).values_list(*columns, "period").annotate(n=counting)
        ):
            pair = counts.setdefault((target, int(period)), [0, 0])
            pair[0 if target == origin else 1] += count
    sides = Sides(found.choice.by)
    name = sides.unit if by_unit else sides.party
    return _series(counts, name, last, most, set(only))


def _series(counts: dict[tuple[int, int], list[int]], name: Any, last: int, most: int, only: set[str]) -> list[Series]:
    longest = max((period for _, period in counts), default=-1)
    made = []
    for target in {target for target, _ in counts}:
        side = name(target)
        if only and side.key not in only:
            continue
        periods = [
            Period(at(last - (number + 1) * PERIOD + 1), *counts.get((target, number), (0, 0)))
            for number in range(min(longest, 120), -1, -1)
        ]
        made.append(Series(side, tuple(periods), sum(one.home for one in periods), sum(one.away for one in periods)))
    return sorted(made, key=lambda one: (-one.away, one.side.label))[:most]
