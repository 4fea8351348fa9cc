"""A catalog of any size as Backstage files, always the same: `python benchmarks/generate.py FOLDER [ENTITIES]`.

The shape follows large adopters: one repository-like folder for each service with a `catalog-info.yaml` that holds the
component, its API and sometimes a resource; groups and users in files of their own; four relations for each entity.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

TEAMS_PER_ENTITY = 1 / 250
USERS_PER_TEAM = 7
SYSTEMS_PER_TEAM = 6
SERVICES_PER_FOLDER = 200
LIFECYCLES = ("production", "production", "production", "experimental", "deprecated")
COMPONENTS = ("service", "service", "service", "library", "website", "job")
RESOURCES = ("database", "bucket", "queue", "topic", "cache")
TAGS = ("java", "go", "python", "node", "pci", "tier-1", "tier-2", "tier-3", "batch", "edge", "mobile", "data")
WORDS = (  # noqa: SIM905 - words read better than a list of texts
    "order payment cart ledger stock price tax refund search basket account login profile mail parcel route driver "
    "fleet sensor meter audit report invoice coupon loyalty review image video stream feed alert quota"
).split()


def generate(folder: Path, entities: int = 250_000, seed: int = 7, teams: int = 0) -> dict[str, int]:
    """Write the files; returns how many entities of each kind and how many files there are. 0 teams: as is usual."""
    dice = random.Random(seed)
    teams = teams or max(2, round(entities * TEAMS_PER_ENTITY))
    users, systems = teams * USERS_PER_TEAM, teams * SYSTEMS_PER_TEAM
    domains = max(1, systems // 20)
    rest = entities - teams - users - systems - domains
    components = max(1, rest * 4 // 10)
    apis = rest * 4 // 10
    resources = max(0, rest - components - apis)
    files = _organisation(folder, teams, users, dice) + _landscape(folder, teams, systems, domains)
    files += _services(folder, teams, systems, components, apis, resources, dice)
    counts = {"Group": teams, "User": users, "System": systems, "Domain": domains}
    return {**counts, "Component": components, "API": apis, "Resource": resources, "files": files}


def _write(path: Path, documents: Iterator[str]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n".join(documents), encoding="utf-8")
    return 1


def _head(kind: str, name: str, more: str = "") -> str:
    return f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n{more}"


def _organisation(folder: Path, teams: int, users: int, dice: random.Random) -> int:
    def groups() -> Iterator[str]:
        for n in range(teams):
            type, parent = (
                ("department", "") if n < teams // 40 + 1 else ("team", f"  parent: team-{n % (teams // 40 + 1)}\n")
            )
            title = f"  title: Team {WORDS[n % len(WORDS)].title()} {n}\n"
            yield _head("Group", f"team-{n}", title) + f"spec:\n  type: {type}\n{parent}  children: []\n"

    def people() -> Iterator[str]:
        for n in range(users):
            login = f"  annotations:\n    github.com/user-login: user{n}\n"
            profile = f"  profile:\n    displayName: Person {n}\n    email: person{n}@example.org\n"
            second = f", team-{dice.randrange(teams)}" if n % 10 == 0 else ""
            yield _head("User", f"user-{n}", login) + f"spec:\n{profile}  memberOf: [team-{n % teams}{second}]\n"

    return _write(folder / "org" / "groups.yaml", groups()) + _write(folder / "org" / "users.yaml", people())


def _landscape(folder: Path, teams: int, systems: int, domains: int) -> int:
    def all_systems() -> Iterator[str]:
        for n in range(systems):
            yield _head("System", f"system-{n}") + f"spec:\n  owner: team-{n % teams}\n  domain: domain-{n % domains}\n"

    def all_domains() -> Iterator[str]:
        for n in range(domains):
            yield _head("Domain", f"domain-{n}") + f"spec:\n  owner: team-{n % teams}\n"

    return _write(folder / "landscape" / "systems.yaml", all_systems()) + _write(
        folder / "landscape" / "domains.yaml", all_domains()
    )


def _services(
    folder: Path, teams: int, systems: int, components: int, apis: int, resources: int, dice: random.Random
) -> int:
    for n in range(components):
        documents = [_component(n, teams, systems, apis, resources, dice)]
        documents += [_api(each, teams, systems, dice) for each in range(n, apis, components)]
        documents += [_resource(each, teams, systems) for each in range(n, resources, components)]
        place = folder / "services" / f"group-{n // SERVICES_PER_FOLDER}" / f"service-{n}"
        _write(place / "catalog-info.yaml", iter(documents))
    return components


def _component(n: int, teams: int, systems: int, apis: int, resources: int, dice: random.Random) -> str:
    word, other = WORDS[n % len(WORDS)], WORDS[(n // len(WORDS)) % len(WORDS)]
    tags = ", ".join(sorted(dice.sample(TAGS, 2)))
    more = f"  title: {word.title()} {other} {n}\n  description: Keeps the {word} of every {other}, number {n}\n"
    more += f"  annotations:\n    github.com/project-slug: example/service-{n}\n  tags: [{tags}]\n"
    spec = f"spec:\n  type: {dice.choice(COMPONENTS)}\n  lifecycle: {dice.choice(LIFECYCLES)}\n"
    spec += f"  owner: team-{n % teams}\n  system: system-{n % systems}\n"
    if n < apis:
        spec += f"  providesApis: [api-{n}]\n"
    if apis:
        consumed = ", ".join(f"api-{dice.randrange(apis)}" for _ in range(3))
        spec += f"  consumesApis: [{consumed}]\n"
    on = [f"component:service-{dice.randrange(n)}" for _ in range(2) if n]
    on += [f"resource:resource-{dice.randrange(resources)}" for _ in range(2) if resources]
    return _head("Component", f"service-{n}", more) + spec + f"  dependsOn: [{', '.join(on)}]\n"


def _api(n: int, teams: int, systems: int, dice: random.Random) -> str:
    definition = (
        f"openapi: 3.0.0\ninfo: {{title: api {n}, version: 1.0.0}}\npaths: {{/items/{n}: {{get: {{summary: One}}}}}}"
    )
    indented = definition.replace("\n", "\n    ")
    spec = f"spec:\n  type: openapi\n  lifecycle: {dice.choice(LIFECYCLES)}\n  owner: team-{n % teams}\n"
    spec += f"  system: system-{n % systems}\n  definition: |\n    {indented}\n"
    return _head("API", f"api-{n}", f"  description: What service {n} offers\n") + spec


def _resource(n: int, teams: int, systems: int) -> str:
    spec = (
        f"spec:\n  type: {RESOURCES[n % len(RESOURCES)]}\n  owner: team-{n % teams}\n  system: system-{n % systems}\n"
    )
    return _head("Resource", f"resource-{n}") + spec


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("entities", type=int, nargs="?", default=250_000)
    arguments = parser.parse_args()
    print(generate(arguments.folder, arguments.entities))
