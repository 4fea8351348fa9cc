"""Runs every benchmark in turn and prints what each prints.

    make bench                                            (some minutes: 20,000 entities)
    python -m benchmarks --entities 250000                (the stated design point; half an hour)
    python -m benchmarks --repository ~/src/some-repo     (also the away map beside plain git)

PostgreSQL is started from its wheel. Figures of a shared machine drift: quote the ratios.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--repository", type=Path, help="a git repository with ownership rules, the larger the better")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as name:
        folder = Path(name)
        _run("generate.py", folder / "files", arguments.entities)
        _run("bench_reading.py")
        _run("bench_apis.py")
        _run("bench_owners.py")
        _run("bench_import.py", folder / "files", "--keep", folder / "data")
        _run("bench_catalog.py", "--data", folder / "data")
    if arguments.repository:
        _run("bench_scan.py", arguments.repository)


def _run(script: str, *arguments: object) -> None:
    print(f"\n== {script} {' '.join(map(str, arguments))}", flush=True)
    environment = {key: value for key, value in os.environ.items() if key not in {"AWAYTEAM_DATA", "DATABASE_URL"}}
    subprocess.run([sys.executable, HERE / script, *map(str, arguments)], check=True, env=environment)


main()
