"""Server time of whole requests to /api/catalog and /api/v1, p50 and p95 in milliseconds, beside published figures.

    python benchmarks/bench_backstage.py --data FOLDER [--rounds N]

takes the installation in FOLDER (or that of DATABASE_URL), filled as `bench_catalog.py` says, and asks as somebody of
two teams. Published for a Backstage of 739 thousand entities (its statements alone, warm): a page 23 ms, facets 632 ms,
an ordered alternative 2.8 s. Theirs is another machine and another size, so that the ratio is a hint, not a race.
"""

import argparse
import os
import statistics
import time
from typing import Any
from urllib.parse import quote

NAME = "bench-backstage"
CATALOG = "/api/catalog/entities/by-query?limit=20"
CASES: list[tuple[str, str, float | None]] = [
    ("page, everything", CATALOG, 23),
    ("page, components", f"{CATALOG}&filter=kind=component", 23),
    ("next page, components", f"{CATALOG}&cursor=", 23),
    ("components by name", f"{CATALOG}&filter=kind=component&orderField=metadata.name", None),
    ("alternative by name", f"{CATALOG}&filter=kind=component&filter=kind=api&orderField=metadata.name,asc", 2_800),
    ("an annotation exists", f"{CATALOG}&filter=metadata.annotations.github.com/project-slug", None),
    (
        "words in names",
        f"{CATALOG}&filter=kind=component&fullTextFilterTerm=pay&fullTextFilterFields=metadata.name",
        None,
    ),
    ("facets kind, type, tags", "/api/catalog/entity-facets?facet=kind&facet=spec.type&facet=metadata.tags", 632),
    ("facet of an annotation", "/api/catalog/entity-facets?facet=metadata.annotations.github.com/project-slug", None),
    ("v1 list", "/api/v1/entities?kind=component", None),
    ("v1 facets", "/api/v1/facets?kind=component", None),
    ("v1 search", "/api/v1/search?words=payment", None),
    ("v1 me", "/api/v1/me", None),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="data folder of the installation")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.data:
        os.environ["AWAYTEAM_DATA"] = arguments.data
    from awayteam.cli.setup import django

    django()
    client = signed_in()
    print(f"{'':<28}{'p50':>9}{'p95':>9}{'published':>11}{'ratio':>8}")
    for label, path, published in CASES:
        if path.endswith("cursor="):
            first = client.get(f"{CATALOG}&filter=kind=component").json()
            path += quote(first["pageInfo"]["nextCursor"])
        times = measure(client, path, arguments.rounds)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        beside = f"{published:>11.0f}{p50 / published:>8.2f}" if published else ""
        print(f"{label:<28}{p50:>9.1f}{p95:>9.1f}{beside}", flush=True)


def measure(client: Any, path: str, rounds: int) -> list[float]:
    times = []
    for number in range(rounds + 1):
        started = time.perf_counter()
        response = client.get(path)
        took = (time.perf_counter() - started) * 1000
        if response.status_code != 200:
            raise SystemExit(f"{path}: {response.status_code} {response.content[:500]!r}")
        if number:
            times.append(took)
    return times


def signed_in() -> Any:
    """A client with a token of a person of two teams, made in the installation where they aren't there yet."""
    from django.test import Client
    from django.utils import timezone

    from awayteam.accounts import actions, signin
    from awayteam.accounts.models import User
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.rest import middleware
    from awayteam.organisation.models import Membership, Team

    now = timezone.now()
    user = User.objects.filter(username=NAME).first()
    user = user or actions.create_account(actor=SYSTEM, now=now, username=NAME)
    person = signin.settle_person(user, now)
    for team in Team.objects.filter(is_unit=False)[:2]:
        Membership.objects.get_or_create(team=team, person=person)
    made = actions.create_token(actor=SYSTEM, now=now, user=user, name="benchmark", scopes=["read"], days=1)
    middleware.LIMITER.wait = lambda *_: 0.0  # type: ignore[method-assign]
    return Client(headers={"Authorization": f"Bearer {made.secret}", "Host": "localhost"})


if __name__ == "__main__":
    main()
