"""The matrix of the map: rows from, columns to. Pure: flows in, cells out."""

from collections.abc import Sequence
from dataclasses import dataclass

from awayteam.contributions.queries.flows import FlowRow, Side

MOST = 40
STEPS = 5
"""Strengths of shading."""


@dataclass(frozen=True, slots=True)
class Cell:
    commits: int
    files: int
    is_home: bool
    heat: int


@dataclass(frozen=True, slots=True)
class Row:
    """`away` counts commits into others' code (a commit into two teams' code is in two cells), `home` into its own."""

    side: Side
    cells: tuple[Cell | None, ...]
    home: int
    away: int


@dataclass(frozen=True, slots=True)
class Column:
    side: Side
    home: int
    away: int


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    left_out: int
    """Rows and columns beyond the most that are shown."""


def matrix(flows: Sequence[FlowRow], *, sort: str = "away", most: int = MOST) -> Matrix:
    """Rows and columns by `sort`: "away", "home", "name", or the key of a column, whose cells then order the rows.

    Owners that are no single team have a column after the teams', and no row of their own for what is home to them.
    """
    cells = {(row.origin, row.target): row for row in flows}
    columns = _columns(flows)
    rows = {row.origin for row in flows if row.origin.ref or not row.is_home}
    sums = {side: _sums(flows, side) for side in rows}

    def place(side: Side) -> tuple[int, str]:
        home, away = sums[side]
        if sort == "name":
            return (0, side.label.casefold())
        if sort == "home":
            return (-home, side.label.casefold())
        if sort != "away":
            chosen = next((flow for (origin, to), flow in cells.items() if origin == side and to.key == sort), None)
            return (-(chosen.commits if chosen else 0), side.label.casefold())
        return (-away, side.label.casefold())

    ordered = sorted(rows, key=place)
    kept_columns = _sorted(columns, sort)[:most]
    highest = max((row.commits for row in flows if not row.is_home), default=1)
    highest_home = max((row.commits for row in flows if row.is_home), default=1)
    made = tuple(
        Row(
            side,
            tuple(_cell(cells.get((side, column.side)), highest, highest_home) for column in kept_columns),
            *sums[side],
        )
        for side in ordered[:most]
    )
    left_out = max(len(ordered) - most, 0) + max(len(columns) - most, 0)
    return Matrix(made, tuple(kept_columns), left_out)


def _sums(flows: Sequence[FlowRow], side: Side) -> tuple[int, int]:
    home = sum(row.commits for row in flows if row.origin == side and row.is_home)
    return home, sum(row.commits for row in flows if row.origin == side and not row.is_home)


def _columns(flows: Sequence[FlowRow]) -> list[Column]:
    sides = {row.target for row in flows}
    return [
        Column(
            side,
            sum(row.commits for row in flows if row.target == side and row.is_home),
            sum(row.commits for row in flows if row.target == side and not row.is_home),
        )
        for side in sides
    ]


def _sorted(columns: list[Column], sort: str) -> list[Column]:
    if sort == "name":
        return sorted(columns, key=lambda one: (not one.side.ref, one.side.label.casefold()))
    if sort == "home":
        return sorted(columns, key=lambda one: (not one.side.ref, -one.home, one.side.label.casefold()))
    return sorted(columns, key=lambda one: (not one.side.ref, -one.away, one.side.label.casefold()))


def _cell(row: FlowRow | None, highest: int, highest_home: int) -> Cell | None:
    if row is None:
        return None
    share = row.commits / (highest_home if row.is_home else highest)
    return Cell(row.commits, row.files, row.is_home, min(int(share * STEPS) + 1, STEPS))
