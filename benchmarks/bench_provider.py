"""Evaluations a second in one thread: our provider, the SDK around it, and the same through a no-op provider.

    python benchmarks/bench_provider.py [--seconds 2]

The last line of each kind of flag shows what the SDK itself costs; the goal of 100,000 a second is of the provider.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "provider/src"), str(ROOT / "src")]
FLAGS = """{"flags": {
 "static": {"variants": {"on": true, "off": false}, "defaultVariant": "on"},
 "targeted": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
   "targeting": {"if": [{"and": [{"in": [{"var": "country"}, ["DE", "FR", "NL"]]},
     {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}]}, "on", null]}},
 "fractional": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
   "targeting": {"fractional": [["on", 25], ["off", 75]]}},
 "experiment": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
   "targeting": {"experiment": {"id": "bench", "traffic": 5000, "arms": [["on", 1], ["off", 1]]}}}
}}"""
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each line")
    arguments = parser.parse_args()
    from awayteam_openfeature import AwayteamProvider
    from awayteam_openfeature.evaluating import read_document
    from openfeature import api
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.provider.no_op_provider import NoOpProvider

    contexts = [
        EvaluationContext(f"user-{n}", {"country": "DE", "version": "2.4.1", "plan": "free"}) for n in range(1_000)
    ]
    provider = AwayteamProvider("http://127.0.0.1:9", "not asked")
    provider._rulesets.current = read_document(FLAGS).ruleset()
    provider.initialize = lambda _context: None  # type: ignore[method-assign]
    client = api.get_client()
    for key in ("static", "targeted", "fractional", "experiment"):
        ours = _rate(
            lambda context, key=key: provider.resolve_boolean_details(key, False, context), contexts, arguments
        )
        api.set_provider(provider)
        whole = _rate(lambda context, key=key: client.get_boolean_value(key, False, context), contexts, arguments)
        api.set_provider(NoOpProvider())
        nothing = _rate(lambda context, key=key: client.get_boolean_value(key, False, context), contexts, arguments)
        print(
            f"{key:<11} provider {ours:>10,.0f}/s   through the SDK {whole:>9,.0f}/s   SDK alone {nothing:>9,.0f}/s"
            f"   ratio {whole / nothing:.2f}"
        )


def _rate(ask: Callable[[object], object], contexts: list[object], arguments: argparse.Namespace) -> float:
    """The median over rounds of calls a second."""
    rates = []
    for _round in range(ROUNDS):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < arguments.seconds / ROUNDS:
            for context in contexts:
                ask(context)
            done += len(contexts)
        rates.append(done / (time.perf_counter() - began))
    return statistics.median(rates)


main()
