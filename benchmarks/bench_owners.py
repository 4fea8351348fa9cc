"""Ownership of 100,000 paths under 500 rules: Awayteam beside the PyPI package `codeowners`, where that is installed.

Usage: python benchmarks/bench_owners.py [REPO]. With a repository, its own tree and CODEOWNERS are compared as well.
The peer is optional: put it on PYTHONPATH from an environment of its own.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from awayteam.sources.ownership.github import GitHub

PATHS, RULES, RUNS = 100_000, 500, 5


def made_up(seed: int = 7) -> tuple[str, list[str]]:
    """A CODEOWNERS text and paths as large repositories have them: folders, extensions, names at any depth."""
    rng = random.Random(seed)
    words = [f"{a}{b}" for a in ("api", "core", "data", "edge", "fleet", "ledger", "mesh", "pay") for b in range(12)]
    tails = ["py", "go", "ts", "md", "yaml", "proto", "java", "tf", "sql", "txt"]
    shapes = [
        lambda: f"/{rng.choice(words)}/",
        lambda: f"/{rng.choice(words)}/{rng.choice(words)}/",
        lambda: f"/{rng.choice(words)}/**/{rng.choice(words)}/",
        lambda: f"{rng.choice(words)}/*.{rng.choice(tails)}",
        lambda: f"*.{rng.choice(words)}.{rng.choice(tails)}",
        lambda: f"**/{rng.choice(words)}/*_test.{rng.choice(tails)}",
        lambda: f"{rng.choice(words)}/",
        lambda: f"/{rng.choice(words)}/{rng.choice(words)}/*",
        lambda: f"{rng.choice(words)}.{rng.choice(tails)}",
        lambda: f"/{rng.choice(words)}/**/*.{rng.choice(tails)}",
    ]
    rules = ["* @org/everyone"] + [f"{rng.choice(shapes)()} @org/team-{n % 40}" for n in range(RULES - 1)]
    folders = ["/".join(rng.choice(words) for _ in range(rng.randint(1, 6))) for _ in range(9_000)]
    paths = [f"{rng.choice(folders)}/{rng.choice(words)}{n % 50}.{rng.choice(tails)}" for n in range(PATHS)]
    return "\n".join(rules) + "\n", paths


def ours(text: str, paths: list[str]) -> list[tuple[str, ...]]:
    return [answer.owners for answer in GitHub(text.encode()).resolve_many(paths)]


def peer(text: str, paths: list[str]) -> list[tuple[str, ...]]:
    from codeowners import CodeOwners  # type: ignore[import-not-found]

    owners = CodeOwners(text)
    return [tuple(name for _, name in owners.of(path)) for path in paths]


def timed(run: Callable[[str, list[str]], Any], text: str, paths: list[str], runs: int) -> tuple[float, Any]:
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        answers = run(text, paths)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), answers


def compare(name: str, text: str, paths: list[str]) -> None:
    mine, answers = timed(ours, text, paths, RUNS)
    print(f"{name}: {len(paths)} paths, {text.count(chr(10))} lines: {mine:.3f} s (median of {RUNS})")
    try:
        few = paths[:: max(1, len(paths) // 10_000)]
        theirs, other = timed(peer, text, few, 3)
    except ImportError:
        print("  the package codeowners isn't installed here; no comparison")
        return
    theirs *= len(paths) / len(few)
    different = sum(a != b for a, b in zip(answers[:: max(1, len(paths) // 10_000)], other, strict=True))
    print(f"  codeowners: {theirs:.3f} s (from {len(few)} paths, median of 3); ratio {theirs / mine:.1f}")
    print(f"  different answers: {different} of {len(few)}")


def main() -> None:
    compare("made up", *made_up())
    if len(sys.argv) > 1:
        from awayteam.sources.githistory.tree import GitTree
        from awayteam.sources.ownership.github import PLACES

        tree = GitTree(sys.argv[1])
        text = next((data for place in PLACES if (data := tree.read(place)) is not None), b"").decode()
        compare(sys.argv[1], text, list(tree.paths()))


if __name__ == "__main__":
    main()
