"""Units assigned to arms in a second, one by one and many at once, beside the bare hash.

python benchmarks/bench_assignment_units.py [--units 1000000]
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
ROUNDS = 5
RULES = {
    "two arms": {"id": "a", "arms": [["old", 1], ["new", 1]]},
    "layer, holdout, 20%": {
        "id": "b", "layer": {"id": "page", "from": 0, "to": 5000}, "holdout": {"id": "year", "slots": 500},
        "traffic": 2000, "arms": [["old", 9], ["new", 1]],
    },
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=1_000_000)
    arguments = parser.parse_args()
    import mmh3

    from awayteam.flags.assignment import Assigner, assign_many, parse

    units = [f"user-{number:08d}" for number in range(arguments.units)]
    bare = _rate(lambda: [mmh3.hash(unit, 7, False) for unit in units], len(units))
    print(f"{'bare murmur3':<22} {bare:>12,.0f} units/s")
    some = units[: len(units) // 10]
    for name, data in RULES.items():
        rule = parse(data)
        assigner = Assigner(rule)
        many = _rate(lambda rule=rule: assign_many(rule, units), len(units))
        one = _rate(lambda assigner=assigner: [assigner.assign(unit) for unit in some], len(some))
        print(f"{name:<22} {many:>12,.0f} units/s at once   {one:>10,.0f} one by one   ratio to hash {many / bare:.2f}")


def _rate(run: Callable[[], object], count: int) -> float:
    """The median over rounds."""
    taken = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return count / statistics.median(taken)


main()
