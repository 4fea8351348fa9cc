"""Routing: how long a pasted stack trace takes, and how often the first candidate is right.

    python benchmarks/bench_routing.py --data FOLDER [--fill 10000] [--repository NAME=PATH ...] [--cases]

takes the installation in FOLDER (or that of DATABASE_URL); `--fill` fills an empty one with a catalog and 1,000 teams.
`--repository` follows a git repository without reading its history: `istio/istio=/path/to/istio.git`. With `--cases`
the pastes of `routing_cases.py` are routed, whose right answers are known.
"""

import argparse
import os
import statistics
import time
from typing import Any

ROUNDS = 60
BUDGET = 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="data folder of the installation")
    parser.add_argument("--fill", type=int, metavar="ENTITIES", help="fill the (empty) database first")
    parser.add_argument("--repository", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", action="store_true", help="route pastes with known answers")
    arguments = parser.parse_args()
    if arguments.data:
        os.environ["AWAYTEAM_DATA"] = arguments.data
    from awayteam.cli.setup import django

    django()
    if arguments.fill:
        from bench_catalog import fill

        fill(arguments.fill, teams=1_000)
    follow(arguments.repository)
    if arguments.fill:
        import routing_cases

        routing_cases.declare_unknown_owners()
    measure(arguments.rounds)
    if arguments.cases:
        import routing_cases

        routing_cases.run()


def follow(repositories: list[str]) -> None:
    """Repositories as a refresh leaves them, without their history; then the index."""
    from django.utils import timezone

    from awayteam.contributions.models import Repository
    from awayteam.requests.routing.index import bring_up_to_date
    from awayteam.requests.routing.models import FileKey
    from awayteam.sources.githistory.tree import head

    for one in repositories:
        slug, _, path = one.partition("=")
        Repository.objects.update_or_create(
            name=slug.rpartition("/")[2],
            defaults={"location": path, "slug": slug, "tip": head(path), "created_at": timezone.now()},
        )
    started = time.perf_counter()
    done = bring_up_to_date(timezone.now())
    while more := bring_up_to_date(timezone.now()):
        done += more
    files = FileKey.objects.count()
    print(f"indexed {done:,} entities and repositories, {files:,} files, in {time.perf_counter() - started:.1f} s")


def traces() -> dict[str, str]:
    """A Go, a Java and a Python trace of 200 frames: files that are there, mixed with libraries."""
    from awayteam.requests.routing.models import FileKey

    paths = list(FileKey.objects.filter(path__endswith=".go").order_by("two").values_list("path", flat=True)[:120])
    paths += ["pkg/orders/handler.go"] * (120 - len(paths))
    go = ["panic: runtime error: invalid memory address or nil pointer dereference", "", "goroutine 1 [running]:"]
    java = ["java.lang.IllegalStateException: no connection"]
    python = ["Traceback (most recent call last):"]
    for number in range(200):
        path = paths[number % 120] if number % 5 else "net/http/server.go"
        root = "/usr/local/go/src" if number % 5 == 0 else "/workspace"
        go += [f"main.work{number}(0xc000123000)", f"\t{root}/{path}:{100 + number} +0x1d"]
        package = path.removesuffix(".go").replace("/", ".").replace("-", "_")
        java.append(f"\tat com.acme.{package}.Service{number}.run(Service{number}.java:{number})")
        python += [f'  File "/app/{path.replace(".go", ".py")}", line {number}, in work', "    call(next)"]
    return {"go": "\n".join(go), "java": "\n".join(java), "python": "\n".join(python)}


def measure(rounds: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from awayteam.catalog.models import Entity
    from awayteam.kernel.actor import Actor, ActorKind
    from awayteam.organisation.models import Team
    from awayteam.requests.routing.match import route
    from awayteam.requests.routing.parse import parse

    actor = Actor(kind=ActorKind.PERSON, label="bench", teams=frozenset({5, 6}), manages=frozenset(range(60, 80)))
    print(f"{connection.vendor}, {Entity.objects.count():,} entities, {Team.objects.count():,} teams, {rounds} rounds")
    print(f"{'200 frames of':<14}{'parse':>8}{'p50':>8}{'p95':>8}{'cpu50':>8}{'budget':>8}  statements")
    for name, text in traces().items():
        parsing = statistics.median(timed(lambda text=text: parse(text), 10))
        with CaptureQueriesContext(connection) as captured:
            route(actor, text, now=timezone.now())
        used = time.process_time()
        walls = timed(lambda text=text: route(actor, text, now=timezone.now()), rounds)
        cpu = (time.process_time() - used) / rounds * 1000
        p95 = statistics.quantiles(walls, n=20)[-1]
        mark = "" if p95 <= BUDGET else "  over"
        row = f"{name:<14}{parsing:>8.1f}{statistics.median(walls):>8.1f}{p95:>8.1f}{cpu:>8.1f}{BUDGET:>8.0f}"
        print(f"{row}  {len(captured)}{mark}", flush=True)


def timed(run: Any, rounds: int) -> list[float]:
    walls = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        walls.append((time.perf_counter() - started) * 1000)
    return walls


if __name__ == "__main__":
    main()
