"""Growth of half a million series of 84 days: seconds, what is found of what was injected, and false alarms.

    python benchmarks/bench_growth.py [--series 500000] [--rounds 5]

Series have a level (10 to 100,000 calls a day), a week's shape, scatter of 3 to 20% and Poisson noise. Of each hundred
three were changed: a fivefold last day, a last week at 1.8, a slow ramp to threefold over the twelve weeks. The peer is
STL of statsmodels (a robust decomposition for each series by itself), on a sample, with the score of its last residual.
"""

import argparse
import statistics
import sys
import time
import warnings
from typing import Any

import numpy as np

from awayteam.usage import growth

SCORE, IMPACT, SHARE, TIMES = 6.0, 0.0, 0.8, 2.0
SPEC = {"spike": 0.93, "step": 0.85, "ramp": 0.38}
"""What the specification measured with the same method on its own series; seconds 1.9, no false alarm in 485,000."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=300, help="series that the peer is given")
    arguments = parser.parse_args()
    counts, kinds, granted = _made(arguments.series)
    times = []
    for _ in range(arguments.rounds):
        started = time.perf_counter()
        scores = growth.score(counts)
        times.append(time.perf_counter() - started)
    found = scores.spikes(SCORE, IMPACT) | scores.steps(SCORE, IMPACT)
    ramps = scores.ramps(SCORE, IMPACT, TIMES)
    over = scores.last_week >= SHARE * granted
    seconds = statistics.median(times)
    print(f"{arguments.series:,} series x {growth.DAYS} days: {seconds:.2f} s (median of {arguments.rounds})")
    for number, kind in enumerate(SPEC, 1):
        share = float(found[kinds == number].mean())
        print(f"{kind:>6}: {share:6.1%} found by score (specification {SPEC[kind]:.0%})")
    print(f"  ramp: {ramps[kinds == 3].mean():6.1%} found by its last weeks beside its first")
    print(f"  ramp: {over[kinds == 3].mean():6.1%} found by {SHARE:.0%} of an allocation of twice the first weeks' use")
    print(f"  ramp: {(found | over | ramps)[kinds == 3].mean():6.1%} found by any of them")
    normal = kinds == 0
    print(
        f"normal: {int((found | ramps)[normal].sum())} of {int(normal.sum()):,} flagged, "
        f"{int(_flagged(scores, 100)[normal].sum())} of them by 100 calls a day or more; "
        f"{over[normal].mean():.2%} stand at {SHARE:.0%} of their allocation"
    )
    peer = _peer(counts[: arguments.sample])
    ours = seconds / arguments.series
    print(f"STL, one by one: {peer * 1e3:.2f} ms a series; ours {ours * 1e6:.2f} µs, {peer / ours:,.0f} times as fast")


def _flagged(scores: growth.Scores, impact: float) -> Any:
    return scores.spikes(SCORE, impact) | scores.steps(SCORE, impact) | scores.ramps(SCORE, impact, TIMES)


def _made(series: int) -> tuple[Any, Any, Any]:
    """(counts, kind of each series: 0 normal, 1 spike, 2 step, 3 ramp; its allocation)."""
    chance = np.random.default_rng(7)
    level = 10 ** chance.uniform(1, 5, series)
    week = np.exp(chance.normal(0, 0.3, (series, 7)))
    week[:, 5:] *= chance.uniform(0.2, 1.0, (series, 1))
    scatter = chance.uniform(0.03, 0.2, (series, 1))
    kinds = np.zeros(series, dtype=np.int8)
    kinds[chance.permutation(series)[: series * 3 // 100]] = np.arange(series * 3 // 100) % 3 + 1
    counts = np.empty((series, growth.DAYS), dtype=np.int64)
    ramp = np.linspace(1, 3, growth.DAYS)
    for start in range(0, series, 50_000):
        rows = slice(start, min(start + 50_000, series))
        size = rows.stop - rows.start
        mean = level[rows, None] * np.tile(week[rows], (1, growth.DAYS // 7))
        mean = mean * np.exp(chance.normal(0, 1, (size, growth.DAYS)) * scatter[rows])
        kind = kinds[rows]
        mean[kind == 1, -1] *= 5
        mean[kind == 2, -7:] *= 1.8
        mean[kind == 3] *= ramp
        counts[rows] = chance.poisson(mean)
    granted = 2 * np.maximum(counts[:, :14].mean(axis=1), 5)
    return counts, kinds, granted


def _peer(counts: Any) -> float:
    """Seconds for one series."""
    try:
        from statsmodels.tsa.seasonal import STL
    except ImportError:
        sys.exit("the peer needs statsmodels")
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in np.log1p(counts):
            rest = STL(row, period=7, robust=True).fit().resid
            _ = (rest[-1] - np.median(rest)) / max(1.4826 * np.median(np.abs(rest - np.median(rest))), 1e-9)
    return (time.perf_counter() - started) / len(counts)


if __name__ == "__main__":
    main()
