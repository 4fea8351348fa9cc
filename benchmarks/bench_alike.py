"""Likely duplicates among many APIs, and requests that ask for the same: time and memory.

    python benchmarks/bench_alike.py [APIS]                              (in memory; 90,000 APIs of twelve operations)
    python benchmarks/bench_alike.py --data FOLDER --requests 10000      (open requests in an empty installation)

Two in a hundred APIs are a copy of another one with other names of parameters and a fifth of its operations changed.
"""

import argparse
import os
import random
import resource
import statistics
import time
from collections.abc import Iterator

from awayteam.duplicates.alike.compare import Comparer, Described, array_of
from awayteam.duplicates.alike.intents import intent, is_boilerplate, text_words

VERBS = ("GET", "POST", "PUT", "DELETE")
OPERATIONS = 12
STEMS = (
    "export import show faster refund invoice parcel login search report price stock basket mail key role page "
    "table chart alert limit quota event order item label weight customer address country currency"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apis", nargs="?", type=int, default=90_000)
    parser.add_argument("--data", help="data folder of an installation")
    parser.add_argument("--requests", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.requests:
        os.environ["AWAYTEAM_DATA"] = arguments.data or os.environ.get("AWAYTEAM_DATA", "")
        requests(arguments.requests)
    else:
        apis(arguments.apis)


def paths(dice: random.Random, nouns: list[str]) -> list[tuple[str, str]]:
    mine = dice.sample(nouns, 4)
    return [(dice.choice(VERBS), f"/v{dice.randrange(3)}/{dice.choice(mine)}s/{{id}}/{dice.choice(mine)}") for _ in range(OPERATIONS)]  # fmt: skip # noqa: E501


def described(count: int) -> Iterator[tuple[Described, int]]:
    """APIs with random nouns; with each the id of the one that it copies, 0 for none."""
    dice = random.Random(7)
    letters = "abcdefghijklmnopqrstuvw"
    nouns = ["".join(dice.choices(letters, k=6)) for _ in range(3_000)]
    made: list[list[tuple[str, str]]] = []
    for number in range(1, count + 1):
        original = dice.randrange(len(made)) + 1 if made and dice.random() < 0.02 else 0
        if original:
            mine = [one if dice.random() < 0.8 else paths(dice, nouns)[0] for one in made[original - 1]]
            mine = [(verb, path.replace("{id}", "{key}").replace("/v0/", "/api/v9/")) for verb, path in mine]
        else:
            mine = paths(dice, nouns)
        made.append(mine)
        intents = {intent(verb, path, "", "") for verb, path in mine} | {"list health"}
        light = {one for one in intents if is_boilerplate(one)}
        name = text_words([f"{dice.choice(nouns)}-{dice.choice(nouns)}-api"], 9)
        words = text_words([" ".join(dice.choices(nouns, k=20))], 60)
        yield Described(
            number, number % 1_000, array_of(map(hash, intents - light)), array_of(map(hash, light)),
            array_of(map(hash, name)), array_of(map(hash, words)),
        ), original  # fmt: skip


def apis(count: int) -> None:
    started = time.perf_counter()
    rows = list(described(count))
    print(f"{count:,} APIs of {OPERATIONS} operations described in {time.perf_counter() - started:.1f} s")
    wanted = {(original, one.id) for one, original in rows if original and original % 1_000 != one.id % 1_000}
    started, used = time.perf_counter(), time.process_time()
    found = list(Comparer([one for one, _ in rows]).pairs(0.35))
    seconds = time.perf_counter() - started
    pairs = {(pair.a, pair.b) for pair in found}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = time.process_time() - used
    print(f"compared in {seconds:.1f} s ({used:.1f} s of processor time), {memory:.0f} MiB at most")
    print(
        f"{len(pairs):,} pairs; {len(wanted & pairs):,} of {len(wanted):,} copies found, {len(pairs - wanted):,} others"
    )


def requests(count: int) -> None:
    from awayteam.cli.setup import django

    django()
    from django.db import connection
    from django.utils import timezone

    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation.models import Person, Team
    from awayteam.requests.models import Request
    from awayteam.requests.similar import remember_missing, similar

    dice = random.Random(7)
    now = timezone.now()
    stems = STEMS.split()
    words = stems + ["".join(dice.choices("bcdfglmnprst", k=5)) for _ in range(2_000)]
    if Request.objects.count() < count:
        teams = [
            Team.objects.get_or_create(ref=f"group:default/t{n}", defaults={"name": f"t{n}"})[0] for n in range(1_000)
        ]
        person, _ = Person.objects.get_or_create(ref="user:default/p", defaults={"name": "p"})
        Request.objects.bulk_create(
            (
                Request(
                    kind="feature", title=" ".join(dice.choices(stems, k=2) + dice.choices(words, k=3)),
                    need=" ".join(dice.choices(stems, k=10) + dice.choices(words, k=30)), home_team=teams[n % 1_000],
                    asking_team=teams[(n + 1) % 1_000], asker=person, turn_team=teams[n % 1_000], created_at=now,
                    changed_at=now, entered_at=now,
                )
                for n in range(count)
            ),
            batch_size=1_000,
        )  # fmt: skip
    started = time.perf_counter()
    while remember_missing():
        pass
    print(f"{connection.vendor}: words of {count:,} requests kept in {time.perf_counter() - started:.1f} s")
    walls = []
    used = time.process_time()
    for row in Request.objects.order_by("?")[:100]:
        started = time.perf_counter()
        found = similar(SYSTEM, title=row.title, need=row.need[:200], home_team_id=row.home_team_id)
        walls.append((time.perf_counter() - started) * 1000)
        assert row.pk in {one.request.pk for one in found}
    p95 = statistics.quantiles(walls, n=20)[-1]
    cpu = (time.process_time() - used) * 1000 / len(walls)
    print(f"similar requests: p50 {statistics.median(walls):.1f} ms, p95 {p95:.1f} ms, cpu {cpu:.1f} ms (budget 50)")


if __name__ == "__main__":
    main()
