"""Server time of every read of the catalog, p50 and p95 in milliseconds, against the budget of each.

    python benchmarks/bench_catalog.py --data FOLDER [--fill ENTITIES]

takes the installation in FOLDER (or that of DATABASE_URL), filled by an import of what `generate.py` makes; `--fill`
makes and imports that first. Restricted things are hidden, as for anybody who is no administrator.
"""

import argparse
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
    parser.add_argument("--data", help="data folder of the installation")
    parser.add_argument("--fill", type=int, metavar="ENTITIES", help="import that many first")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="only measurements whose name has this in it")
    arguments = parser.parse_args()
    if arguments.data:
        os.environ["AWAYTEAM_DATA"] = arguments.data
    from awayteam.cli.setup import django

    django()
    if arguments.fill:
        fill(arguments.fill)
    measure(arguments.rounds, arguments.only)


def fill(entities: int, teams: int = 0) -> None:
    """Import so many generated entities; 0 teams: as many as is usual."""
    from django.utils import timezone
    from generate import generate

    from awayteam.imports import actions, engine
    from awayteam.kernel.actor import SYSTEM

    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        generate(Path(folder), entities, teams=teams)
        source = actions.source_for(actions.Wanted(folder), actor=SYSTEM, now=timezone.now())
        engine.run(source, actor=SYSTEM, now=timezone.now())


def measure(rounds: int, only: str) -> None:
    from django.db import connection

    from awayteam.catalog.models import Entity

    print(f"{connection.vendor}, {Entity.objects.count()} entities, {rounds} rounds")
    print(f"{'':<34}{'p50':>8}{'p95':>8}{'cpu50':>8}{'budget':>8}  statements")
    for name, budget, run in cases(random.Random(7)):
        if only in name:
            report(name, budget, run, rounds)


def report(name: str, budget: int, run: Callable[[], Any], rounds: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        run()
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


def cases(chance: random.Random) -> list[tuple[str, int, Callable[[], Any]]]:
    from awayteam.catalog import queries
    from awayteam.catalog.models import Entity, EntityTag
    from awayteam.kernel.actor import Actor, ActorKind
    from awayteam.organisation import queries as organisation
    from awayteam.organisation.models import Team
    from awayteam.sources.models import Source

    actor = Actor(kind=ActorKind.PERSON, label="bench", teams=frozenset({5, 6}), manages=frozenset(range(60, 80)))
    everything = queries.EntityFilter()
    services = queries.EntityFilter(kind=("Component",))
    owners = list(
        Entity.objects.filter(kind="Group", owned__isnull=False).values_list("ref", flat=True).distinct()[:200]
    )
    tags = list(EntityTag.objects.values_list("tag", flat=True).distinct()[:50])
    rows = {
        kind: list(Entity.objects.filter(kind=kind, presence=1, restricted=False)[:3000:10])
        for kind in ("Component", "API")
    }
    source = Source.objects.exclude(entities=None).values_list("name", flat=True).first() or ""
    names = [row.name for row in rows["Component"] + rows["API"]]
    teams = list(Team.objects.filter(is_unit=False)[:200])
    busiest = _busiest()

    def pages(filter: Any, sort: str, depth: int) -> Callable[[], Any]:
        cursors: list[str | None] = [None]
        for _ in range(depth):
            cursors.append(queries.list_entities(actor, filter, sort=sort, limit=500, cursor=cursors[-1]).next_cursor)
        return lambda: queries.list_entities(actor, filter, sort=sort, limit=50, cursor=cursors[-1])

    def slip(name: str) -> str:
        place = chance.randrange(1, 5)
        return name[:place] + "q" + name[place + 1 :]

    found: list[tuple[str, int, Callable[[], Any]]] = []
    for label, filter in (("everything", everything), ("services", services)):
        for sort in ("name", "-name", "kind", "owner", "-owner", "type", "lifecycle", "changed", "-changed"):
            found.append((f"list {label} by {sort}", 50, pages(filter, sort, 3)))
    for label, chosen in (
        ("of an owner", lambda: queries.EntityFilter(owner=(chance.choice(owners),))),
        ("deprecated services", lambda: queries.EntityFilter(kind=("Component",), lifecycle=("deprecated",))),
        ("orphans", lambda: queries.EntityFilter(presence=("orphan",))),
        ("missing", lambda: queries.EntityFilter(presence=("missing",))),
        ("of a type", lambda: queries.EntityFilter(type=("asyncapi",))),
        ("of no such type", lambda: queries.EntityFilter(type=("nothing",))),
        ("with a tag", lambda: queries.EntityFilter(tag=(chance.choice(tags),))),
        ("with words", lambda: queries.EntityFilter(text=chance.choice(names))),
        ("with a common word", lambda: queries.EntityFilter(text="service")),
        ("of a source", lambda: queries.EntityFilter(source=(source,), kind=("API",))),
    ):
        found.append((f"list {label}", 50, lambda chosen=chosen: queries.list_entities(actor, chosen())))  # type: ignore[misc]
        found.append((f"facets {label}", 100, lambda chosen=chosen: queries.facets(actor, chosen())))  # type: ignore[misc]
    found += [
        ("facets everything", 100, lambda: queries.facets(actor, everything)),
        ("facets services", 100, lambda: queries.facets(actor, services)),
        ("total services", 50, lambda: queries.total(actor, services)),
        ("search a name", 50, lambda: queries.search(actor, chance.choice(names))),
        ("search a beginning", 50, lambda: queries.search(actor, chance.choice(names)[:4])),
        ("search one letter", 50, lambda: queries.search(actor, chance.choice(names)[0])),
        ("search a common word", 50, lambda: queries.search(actor, "service")),
        ("search two common words", 50, lambda: queries.search(actor, "payment service")),
        ("search with a slip", 50, lambda: queries.search(actor, slip(chance.choice(names)).rsplit("-", 1)[0])),
        ("search an operation", 50, lambda: queries.search(actor, "GET /items/7")),
        ("entity page, services", 30, lambda: page(actor, chance.choice(rows["Component"]).ref)),
        ("entity page, APIs", 30, lambda: page(actor, chance.choice(rows["API"]).ref)),
        ("entity page, the busiest", 100, lambda: page(actor, busiest.ref)),
        ("neighbourhood, services", 50, lambda: queries.neighbourhood(actor, chance.choice(rows["Component"]))),
        (
            "neighbourhood, depth 2",
            100,
            lambda: queries.neighbourhood(actor, chance.choice(rows["Component"]), depth=2),
        ),
        ("neighbourhood, APIs", 50, lambda: queries.neighbourhood(actor, chance.choice(rows["API"]))),
        ("neighbourhood, the busiest", 50, lambda: queries.neighbourhood(actor, busiest)),
        ("relations, the busiest", 50, lambda: busiest_page(actor, busiest)),
        ("organisation tree", 100, lambda: organisation.tree(actor)),
        ("team page", 30, lambda: team_page(actor, chance.choice(teams))),
        ("catalog health", 100, lambda: queries.health(actor)),
    ]
    return found


def page(actor: Any, ref: str) -> None:
    """What the entity page reads, relations to others included."""
    from awayteam.catalog import queries
    from awayteam.organisation import queries as organisation

    entity = queries.resolve(actor, ref)
    queries.relations_and_counts(actor, entity, limit=200)
    queries.declaration(entity)
    queries.edits(entity)
    queries.findings(entity)
    queries.ownership_history(actor, entity)
    if entity.kind == "API":
        queries.operations(entity)
    if entity.owner and entity.owner.team:
        organisation.members(entity.owner.team)


def team_page(actor: Any, team: Any) -> None:
    from awayteam.catalog import queries
    from awayteam.kernel import rulebook
    from awayteam.organisation import queries as organisation

    found = organisation.team(actor, team.ref)
    organisation.members(found)
    organisation.size_check(found, rulebook.current())
    organisation.above(found)
    organisation.children(found)
    queries.owned_counts(actor, found)


def busiest_page(actor: Any, entity: Any) -> None:
    from awayteam.catalog import queries
    from awayteam.sources.declared import RelationType

    queries.relations_page(actor, entity, RelationType.DEPENDS_ON, "in")


def _busiest() -> Any:
    from django.db.models import Count

    from awayteam.catalog.models import Entity, Relation
    from awayteam.sources.declared import RelationType

    rows = Relation.objects.filter(type=RelationType.DEPENDS_ON).values("target").annotate(n=Count("pk")).order_by("-n")
    return Entity.objects.get(pk=rows[0]["target"])


if __name__ == "__main__":
    main()
