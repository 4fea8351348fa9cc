"""Server time of the pages of engagements, p50 and p95 in milliseconds, against the budget of each.

    python benchmarks/bench_engagements.py [--number 5000] [--live 500] [--teams 3400] [--database postgresql]

fills an empty database in a folder of its own (PostgreSQL from its wheel; 3,400 teams are 20,400 people), and asks
through Django's test client as somebody who decides for a team that is visited often. Run it twice on a shared machine.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_requests import postgresql, report

BUDGET = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=5_000)
    parser.add_argument("--live", type=int, default=500)
    parser.add_argument("--teams", type=int, default=3_400)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
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


def _run(arguments: argparse.Namespace) -> None:
    from awayteam.cli.setup import django

    django()
    import generate_engagements
    from django.db import connection
    from django.utils import timezone

    started = time.perf_counter()
    generate_engagements.fill(arguments.number, arguments.live, arguments.teams, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")  # as autovacuum would
    what = f"{arguments.number:,} engagements, {arguments.live:,} open, {arguments.teams:,} teams"
    print(f"{connection.vendor}: {what}, filled in {time.perf_counter() - started:.0f} s")
    print(f"{'':<30}{'p50':>8}{'p95':>8}{'cpu50':>8}{'budget':>8}  statements")
    for name, run in pages():
        report(name, BUDGET, run, arguments.rounds)


def pages() -> list[tuple[str, Callable[[], Any]]]:
    from django.test import Client

    from awayteam.accounts.models import User
    from awayteam.engagements.models import Engagement

    chance, client = random.Random(3), Client(SERVER_NAME="localhost")
    user = User.objects.order_by("pk")[0]
    client.force_login(user)
    seen = Engagement.objects.exclude(service__restricted=True)
    live = list(seen.filter(closed_at__isnull=True).values_list("pk", flat=True))
    ended = list(seen.filter(state="closed").values_list("pk", flat=True)[:1_000])

    def get(address: str | Callable[[], str]) -> Callable[[], Any]:
        def run() -> None:
            response = client.get(address() if callable(address) else address)
            assert response.status_code == 200, response.content[:500]

        return run

    return [
        ("story of an open one", get(lambda: f"/engagements/{chance.choice(live)}/")),
        ("story of an ended one", get(lambda: f"/engagements/{chance.choice(ended)}/")),
        ("contract", get(lambda: f"/engagements/{chance.choice(ended)}/contracts/1/")),
        ("list", get("/engagements/")),
        ("list of all, by last day", get("/engagements/?state=all&sort=-ends")),
        ("list with words", get("/engagements/?q=payment+refund")),
        ("list of a unit", get("/engagements/?unit=unit-0&state=all")),
        ("board", get("/engagements/board/")),
        ("visits of a team", get("/teams/default/team-0/engagements/")),
        ("open places", get("/places/")),
    ]


if __name__ == "__main__":
    main()
