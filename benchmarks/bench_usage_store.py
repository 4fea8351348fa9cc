"""The store of use at fifty million rows: bytes a row, and the questions that pages and policies ask of it.

    python benchmarks/bench_usage_store.py [--rows 50000000] [--rounds 7]

Thirteen months of days of some 126,000 edges: 4,000 consumers, 1,500 providers of which each has ten operations, with
power-law volumes, a week's shape, failures and latencies. Asked are the top consumers of a provider over 30 days (from
the parts and from the summary), all providers that have one consumer only, the series of 84 days of every edge, and a
summary anew. The peer is SQLite with the same rows of the last 30 days, indexed by provider, asked for the same top
consumers. Goals: 10 bytes a row, 100 ms from the parts, 10 ms from the summary, 1 s for all sole consumers.
"""

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

CONSUMERS, PROVIDERS, OPERATIONS = 4_000, 1_500, 10
DAYS = 396
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
GOALS = {"bytes a row": 10, "top consumers, parts": 0.1, "top consumers, summary": 0.01, "all sole consumers": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ["AWAYTEAM_DATA"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        edges = max(1_000, arguments.rows // DAYS)
        rows, size = _fill(edges)
        print(f"{rows:,} rows of {edges:,} edges over {DAYS} days: {size / 1e6:,.0f} MB")
        _tell("bytes a row", size / rows, "")
        _ask(arguments.rounds, folder)


def _fill(edges: int) -> tuple[int, int]:
    """Names, edges and parts as the owner would have written them; returns rows and bytes."""
    import numpy as np
    from django.utils import timezone

    from awayteam.kernel import bulk
    from awayteam.usage.models import Edge, Evidence, Grain, Name, Operation, Part, Standing
    from awayteam.usage.store import files
    from awayteam.usage.store.publishing import enter

    chance = np.random.default_rng(5)
    hour = int(NOW.timestamp()) // 3600
    names = [
        (f"service-{n}", "service", "none", "", False, "", "", hour - 24 * DAYS, hour, 0) for n in range(CONSUMERS)
    ]
    columns = (
        "text",
        "kind",
        "how",
        "rule",
        "ignored",
        "reason",
        "matched_by_label",
        "first_hour",
        "last_hour",
        "version",
    )
    bulk.insert(Name, columns, names)
    first = Name.objects.order_by("pk").values_list("pk", flat=True)[0]
    rows = [(first + n // OPERATIONS, f"GET /{n % OPERATIONS}", "service") for n in range(PROVIDERS * OPERATIONS)]
    bulk.insert(Operation, ("provider_id", "text", "kind"), rows)
    operation_one = Operation.objects.order_by("pk").values_list("pk", flat=True)[0]
    source = Evidence.objects.create(name="envoy").pk
    operation = np.minimum(PROVIDERS * OPERATIONS - 1, (PROVIDERS * OPERATIONS * chance.random(edges) ** 2).astype(int))
    pairs = np.unique(np.stack([operation, chance.integers(0, CONSUMERS, edges)]), axis=1)
    operation, consumer = pairs
    arrays = {
        "e_operation": (operation + operation_one).astype(np.int32), "e_consumer": (consumer + first).astype(np.int32),
        "e_provider": (operation // OPERATIONS + first).astype(np.int32),
        "level": np.exp(chance.normal(4, 2.5, len(operation))), "slow": chance.integers(1, 9, len(operation)),
    }  # fmt: skip
    connection = files.connect()
    connection.execute("SELECT setseed(0.5)").fetchall()
    written = []
    for unit, days in _months(NOW.date()):
        made = files.write(Grain.DAY, unit, _rows_of(days, source), {"edges": arrays})
        written += [made] if made else []
        print(f"  {unit:%Y-%m}: {made.rows if made else 0:,} rows", end="\r")
    enter(written, timezone.now())
    Standing.objects.create(pk=1, generation=1)
    ids = ("consumer_id", "provider_id", "operation_id", "source_id")
    edge = (*ids, "calls", "failed", "seen", "first_seen", "last_seen", "summarised_at")
    ends = zip(*(arrays[f"e_{name}"].tolist() for name in ("consumer", "provider", "operation")), strict=True)
    bulk.insert(Edge, edge, ((*one, source, 0.0, 0.0, 0, NOW, NOW, NOW) for one in ends))
    return sum(Part.objects.values_list("rows", flat=True)), sum(Part.objects.values_list("size", flat=True))


def _months(until: date) -> list[tuple[date, list[int]]]:
    from awayteam.usage.store import files

    found: dict[date, list[int]] = {}
    for back in range(DAYS):
        day = until - timedelta(days=back)
        found.setdefault(day.replace(day=1), []).append(files.number_of(day))
    return sorted(found.items())


def _rows_of(days: list[int], source: int) -> str:
    """SQL: a row for each edge and day: calls about the edge's level, shares of latency that differ every day."""
    share = " | ".join(
        f"(greatest(0, least(15, round(15 - abs({one} - slow) * 2.5 - random() * 2)))::UBIGINT << {4 * one})"
        for one in range(16)
    )
    return f"""
        SELECT bucket, e_consumer AS consumer, e_provider AS provider, e_operation AS operation, {source} AS source,
            greatest(1, round(level * (0.8 + 0.4 * random()) * CASE WHEN bucket % 7 < 2 THEN 0.5 ELSE 1 END)) AS seen,
            0.0 AS extra, CASE WHEN random() < 0.1 THEN ceil(level / 500) ELSE 0 END AS failed, 1.0 AS sampling,
            {share} AS latency
        FROM edges, (SELECT unnest(range({min(days)}, {max(days) + 1})) AS bucket)"""


def _ask(rounds: int, folder: str) -> None:
    from awayteam.kernel.actor import SYSTEM
    from awayteam.usage import queries
    from awayteam.usage.models import Name
    from awayteam.usage.store import reading, summing

    until, since = NOW.date(), NOW.date() - timedelta(days=29)
    busy = list(Name.objects.order_by("pk").values_list("pk", flat=True)[:200:20])
    seconds = _median(1, lambda: summing.summarise(NOW))
    print(f"{'summary of 30 days anew':<26} {seconds:8.3f} s")

    def parts() -> None:
        for pk in busy:
            sorted(reading.totals(since, until, providers=[pk]), key=lambda one: -one.calls)[:20]

    def summary() -> None:
        for pk in busy:
            queries.uses(SYSTEM, now=NOW, provider=queries.Party("", "service", (pk,)), limit=20)

    ours = _median(rounds, parts) / len(busy)
    _tell("top consumers, parts", ours, " s")
    _tell("top consumers, summary", _median(rounds, summary) / len(busy), " s")
    found = queries.sole(SYSTEM, now=NOW, group="operation").items
    _tell("all sole consumers", _median(3, lambda: queries.sole(SYSTEM, now=NOW, group="operation")), " s")
    print(f"  of {len(found):,} operations with one consumer")
    series = _median(1, lambda: queries.all_daily(84, until=until))
    print(f"{'84 days of every edge':<26} {series:8.3f} s")
    peer = _sqlite(Path(folder), since, until, busy, rounds)
    print(f"{'SQLite, top consumers':<26} {peer:8.4f} s, the parts {peer / ours:.1f} times as fast")


def _sqlite(folder: Path, since: date, until: date, busy: list[int], rounds: int) -> float:
    from awayteam.usage.models import Grain
    from awayteam.usage.store import files

    first, last = files.number_of(since), files.number_of(until)
    paths = files.parts(Grain.DAY, first, last)
    rows = files.connect().execute(
        f"SELECT bucket, consumer, provider, operation, seen FROM {files.read(paths)} "
        f"WHERE bucket BETWEEN {first} AND {last}"
    )
    peer = sqlite3.connect(folder / "peer.sqlite3")
    peer.execute(
        "CREATE TABLE uses (bucket INTEGER, consumer INTEGER, provider INTEGER, operation INTEGER, seen INTEGER)"
    )
    while some := rows.fetchmany(100_000):
        peer.executemany("INSERT INTO uses VALUES (?, ?, ?, ?, ?)", some)
    peer.execute("CREATE INDEX of_provider ON uses (provider, bucket)")
    peer.commit()

    def ask() -> None:
        for pk in busy:
            peer.execute(
                "SELECT consumer, operation, sum(seen) AS calls FROM uses WHERE provider = ? "
                "GROUP BY consumer, operation ORDER BY calls DESC LIMIT 20", (pk,),
            ).fetchall()  # fmt: skip

    return _median(rounds, ask) / len(busy)


def _median(rounds: int, work: Callable[[], Any]) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _tell(what: str, value: float, unit: str) -> None:
    goal = GOALS[what]
    print(f"{what:<26} {value:8.4f}{unit} (goal {goal}{unit}{'' if value <= goal else ', MISSED'})")


main()
