"""Rows for tests, made without any library's random numbers, so that they are the same everywhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from awayteam.analysis.scorecard import Request, analyze
from awayteam.analysis.servers import ClickHouse
from awayteam.analysis.spec import parse_all
from awayteam.analysis.tables import Source, opened, wanted

HEAD = ("user", "arm", "spend", "before", "views", "clicks", "kept", "village", "country", "day", "huge")


def rows(n: int = 600) -> list[tuple[Any, ...]]:
    """Users in three arms with correlated values; every 17th has no spend, every 13th no past."""
    state = 12345
    found = []

    def dice() -> float:
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return state / 2**31

    for user in range(n):
        arm = ("control", "blue", "green")[int(dice() * 3)]
        before = round(20 * dice() * dice(), 4)
        spend = round(0.6 * before + 8 * dice() ** 3 + (0.8 if arm == "blue" else 0), 4)
        views = 1 + int(9 * dice())
        clicks = int(views * dice() * 0.7)
        kept = int(dice() < (0.3 if arm == "control" else 0.36))
        found.append((
            user, arm, None if user % 17 == 0 else spend, None if user % 13 == 0 else before, views, clicks, kept,
            f"v{int(40 * dice())}", ("de", "fr", None)[int(dice() * 3)], f"2026-03-0{1 + int(dice() * 4)}",
            1e9 + round(dice(), 6),
        ))  # fmt: skip
    return found


def csv(path: Path, data: list[tuple[Any, ...]] | None = None, head: tuple[str, ...] = HEAD) -> Path:
    lines = [",".join(head)]
    for row in data if data is not None else rows():
        lines.append(",".join("" if one is None else str(one) for one in row))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ask(
    source: Source | Path | str, *specs: str, control: str = "control", arm: str = "arm", **more: Any
) -> dict[str, Any]:
    """The scorecard of these metrics."""
    request = Request(arm, control, parse_all(specs), **more)
    if isinstance(source, (str, Path)):
        with opened(str(source)) as found:
            return analyze(found, request)
    return analyze(source, request)


def one(result: dict[str, Any], arm: str = "blue", name: str | None = None) -> dict[str, Any]:
    """The row of an arm (and metric)."""
    (row,) = [row for row in result["metrics"] if row["arm"] == arm and name in (None, row["name"])]
    return row


@contextmanager
def chdb_source(create: Callable[[Callable[[str], bytes]], None], table: str) -> Iterator[ClickHouse]:
    """ClickHouse itself, within this process."""
    from chdb.session import Session

    with Session() as session:

        def post(sql: str) -> bytes:
            return bytes(session.query(sql, "JSONCompact").bytes())

        create(lambda sql: bytes(session.query(sql).bytes()))
        source = ClickHouse(post, wanted(table, "", ClickHouse.dialect), {}, "chdb")
        source.kinds = source.described()
        yield source
