"""Three metrics (mean, ratio, CUPED) of 10 million users from Parquet: ours, DuckDB's raw sums, and tea-tasting.

    python benchmarks/bench_analysis.py [--users 10000000] [--rounds 7] [--tea-tasting VENV/bin/python]

Raw sums are the goal's measure (at most 1.5 times), though they lose their digits at large means. tea-tasting wants
Python 3.12 and Ibis; name the interpreter of an environment that has them. Medians of one run, in turn.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RAW = """SELECT variant, count(*), sum(minutes), sum(minutes * minutes), sum(clicks), sum(views), sum(clicks * clicks),
sum(views * views), sum(clicks * views), sum(spend), sum(spend * spend), sum(before), sum(before * before),
sum(spend * before) FROM '{path}' GROUP BY variant"""
FACTS = """COPY (SELECT *, CAST(floor(views * random() * 0.6) AS BIGINT) AS clicks, before * 0.7 - ln(1 - random()) * 5
AS spend, -ln(1 - random()) * 4 AS minutes FROM (
SELECT i AS "user", CASE WHEN hash(i) % 2 = 0 THEN 'control' ELSE 'new' END
AS variant, CAST(1 + floor(-ln(1 - random()) * 3) AS BIGINT) AS views, exp(random() * 2 + random() * 2) AS before
FROM range({users}) t(i))) TO '{path}' (FORMAT parquet)"""
PEER = """
import json, sys, time, ibis, tea_tasting as tt
table = ibis.duckdb.connect().read_parquet(sys.argv[1])
test = tt.Experiment(minutes=tt.Mean("minutes"), ctr=tt.RatioOfMeans("clicks", "views"),
                     spend=tt.Mean("spend", "before"))
times = []
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    found = test.analyze(table, control="control")
    times.append(time.perf_counter() - started)
print(json.dumps([times, [found[name].pvalue for name in ("minutes", "ctr", "spend")]]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tea-tasting", default="", help="a Python that has tea-tasting and ibis-framework[duckdb]")
    arguments = parser.parse_args()
    import duckdb

    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        path = Path(folder) / "facts.parquet"
        connection = duckdb.connect()
        connection.execute(FACTS.format(users=arguments.users, path=path))
        ways: dict[str, Callable[[], object]] = {
            "raw sums": lambda: connection.execute(RAW.format(path=path)).fetchall(),
            "awayteam": lambda: _ours(path),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                started = time.perf_counter()
                way()
                times[name].append(time.perf_counter() - started)
        medians = {name: statistics.median(some) for name, some in times.items()}
        if arguments.tea_tasting:
            medians["tea-tasting"] = _peer(arguments.tea_tasting, path, arguments.rounds)
        print(f"{arguments.users:,} users, three metrics, {path.stat().st_size / 1e6:,.0f} MB of Parquet")
        for name, median in medians.items():
            print(f"{name:>12}: {median:7.3f} s, {median / medians['raw sums']:.2f} times raw sums")


def _ours(path: Path) -> list[float]:
    from awayteam.analysis.scorecard import Request, analyze
    from awayteam.analysis.spec import parse_all
    from awayteam.analysis.tables import opened

    metrics = parse_all(["mean(minutes)", "ctr=ratio(clicks/views)", "spend=mean(spend, cuped=before)"])
    with opened(str(path)) as source:
        result = analyze(source, Request("variant", "control", metrics, method="fixed"))
    return [row["p"] for row in result["metrics"]]


def _peer(python: str, path: Path, rounds: int) -> float:
    done = subprocess.run(
        [python, "-c", PEER, str(path), str(rounds)], capture_output=True, text=True, check=True, timeout=900
    )
    times, values = json.loads(done.stdout)
    for mine, theirs in zip(_ours(path), values, strict=True):
        if abs(mine - theirs) > 1e-6 * max(mine, theirs):
            sys.exit(f"the answers differ: {mine} and {theirs}")
    return statistics.median(times)


if __name__ == "__main__":
    main()
