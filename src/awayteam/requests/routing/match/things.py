"""References, names, hosts, links, repositories and topics to entities of the catalog."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q
from django.db.models.functions import Lower

from awayteam.catalog.models import Alias, Entity, Presence
from awayteam.requests.routing.index.entities import KINDS
from awayteam.requests.routing.match.results import Hit
from awayteam.requests.routing.models import Clue, ClueKind
from awayteam.requests.routing.parse import Finding, Kind
from awayteam.sources.backstage import refs

MOST_NAMES = 600
MOST_SHARED = 5
"""Entities that may share a host before it says nothing."""
ENDINGS = (
    "-prod", "-production", "-staging", "-stage", "-dev", "-test", "-canary", "-blue", "-green", "-svc", "-service",
    "-deployment", "-app", "-server", "-worker", "-primary", "-v1", "-v2", "-v3",
)  # fmt: skip
_GENERIC = (
    "api app apps auth cdn code dashboard dev docs git github gitlab grafana internal jenkins jira kibana localhost "
    "login mail prod sentry static status test wiki www"
)
GENERIC = frozenset(_GENERIC.split())
KIND_SHARE = {"Component": 1.0, "API": 0.9, "System": 0.8, "Resource": 0.8, "Domain": 0.6}


def hits(findings: Sequence[Finding]) -> list[Hit]:
    """Entities by reference, alias, name and clue; three statements."""
    return [*_by_reference(findings), *_by_name(findings), *_by_clue(findings)]


def _by_reference(findings: Sequence[Finding]) -> Iterator[Hit]:
    wanted: dict[str, Finding] = {}
    for one in findings:
        if one.kind is Kind.REFERENCE:
            try:
                wanted.setdefault(refs.canonical(one.value, "component"), one)
            except refs.BadReferenceError:
                continue
    if not wanted:
        return
    known = Entity.objects.filter(ref__in=wanted).exclude(presence=Presence.REMOVED)
    for pk, ref, kind, team in known.values_list("pk", "ref", "kind", "team_id"):
        if kind == "Group":
            yield Hit(wanted[ref], 1.0, f"{ref} is named", team_id=team)
        elif kind != "User":
            yield Hit(wanted[ref], 1.0, f"{ref} is named", entity_id=pk)
    for pk, ref in Alias.objects.filter(ref__in=wanted).values_list("entity_id", "ref"):
        yield Hit(wanted[ref], 0.95, f"{ref} is its former name", entity_id=pk)


def names_of(one: Finding) -> Iterator[tuple[str, float]]:
    """The names that a finding may mean, with how surely."""
    if one.kind is Kind.NAME:
        yield one.value, 1.0
    elif one.kind is Kind.SERVICE:
        yield one.value, 1.0
        for ending in ENDINGS:
            if one.value.endswith(ending) and len(one.value) > len(ending) + 2:
                yield one.value.removesuffix(ending), 0.8
    elif one.kind is Kind.TOPIC:
        yield one.value.lower(), 1.0
    elif one.kind is Kind.HOST:
        labels = one.value.split(".")
        if labels[0] not in GENERIC and not labels[0].isdecimal():
            yield labels[0], 0.75
        if len(labels) > 2 and labels[0] in GENERIC and labels[1] not in GENERIC:
            yield labels[1], 0.4
    elif one.kind is Kind.REPOSITORY:
        yield one.value.rpartition("/")[2], 0.6
    elif one.kind is Kind.REFERENCE:
        yield one.value.rpartition("/")[2].rpartition(":")[2], 0.4


def _by_name(findings: Sequence[Finding]) -> Iterator[Hit]:
    wanted: dict[str, list[tuple[Finding, float]]] = defaultdict(list)
    for one in findings:
        for name, strength in names_of(one):
            wanted[name.replace("_", "-")].append((one, strength))
            if "_" in name:
                wanted[name].append((one, strength))
    names = list(wanted)[:MOST_NAMES]
    if not names:
        return
    rows = Entity.objects.alias(lower=Lower("name")).filter(lower__in=names, kind__in=KINDS)
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    live = rows.filter(presence__in=[Presence.PRESENT, Presence.ORPHAN])
    for pk, name, kind, namespace in live.values_list("pk", "name", "kind", "namespace")[:2_000]:
        found[name.lower()].append((pk, kind, namespace))
    for name, things in found.items():
        for one, strength in wanted[name]:
            near = [row for row in things if one.detail and row[2] == one.detail] or things
            best = max(KIND_SHARE[row[1]] for row in near)
            for pk, kind, _ in near[:MOST_SHARED]:
                sure = strength * KIND_SHARE[kind] / best / max(1, len(near) - 1) ** 0.5
                yield Hit(one, sure, f"it is called {name}", entity_id=pk)


def _prefixes(address: str) -> Iterator[str]:
    """A link and everything above it: `host/d/abc/orders`, `host/d/abc`, `host/d`."""
    parts = address.split("/")
    for end in range(len(parts), 1, -1):
        yield "/".join(parts[:end])


def _clues_of(one: Finding) -> Iterable[tuple[int, str, float]]:
    if one.kind is Kind.HOST:
        return [(ClueKind.HOST, one.value, 0.9)]
    if one.kind is Kind.LINK:
        return [(ClueKind.LINK, text, 1.0 / (1 + 0.3 * above)) for above, text in enumerate(_prefixes(one.value))]
    if one.kind is Kind.SERVICE:
        return [(ClueKind.SERVICE, one.value, 1.0)]
    if one.kind is Kind.TOPIC:
        return [(ClueKind.TOPIC, one.value.lower(), 1.0)]
    if one.kind is Kind.REPOSITORY:
        return [(ClueKind.SLUG, one.value, 1.0)]
    return [(ClueKind.SLUG, one.detail, 1.0)] if one.kind in (Kind.PATH, Kind.FRAME) and one.detail else []


WORDS = {
    ClueKind.SLUG: "its code is in {}",
    ClueKind.HOST: "it links to {}",
    ClueKind.LINK: "it links to {}",
    ClueKind.SERVICE: "it is called {} where it runs",
    ClueKind.TOPIC: "it is the topic {}",
}


def _by_clue(findings: Sequence[Finding]) -> Iterator[Hit]:
    wanted: dict[tuple[int, str], list[tuple[Finding, float]]] = defaultdict(list)
    for one in findings:
        for kind, value, strength in _clues_of(one):
            wanted[kind, value[:300]].append((one, strength))
    if not wanted:
        return
    condition = Q(kind__in={kind for kind, _ in wanted}, value__in={value for _, value in wanted})
    found: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    rows = Clue.objects.filter(condition).values_list("kind", "value", "entity_id", "folder")
    for kind, value, entity, folder in rows[:3_000]:
        found[kind, value].append((entity, folder))
    for key, entities in found.items():
        for one, strength in wanted.get(key, ()):
            near = _nearest(entities, one) if key[0] == ClueKind.SLUG else entities
            if len(near) <= MOST_SHARED:
                for entity, _ in near:
                    yield Hit(one, strength / len(near), WORDS[ClueKind(key[0])].format(key[1]), entity_id=entity)


def _nearest(entities: Sequence[tuple[int, str]], one: Finding) -> list[tuple[int, str]]:
    """Of several entities of a repository those in the deepest folder above the path, or of all of it."""
    path = one.value if one.kind is not Kind.REPOSITORY else ""
    near = [row for row in entities if not row[1] or f"{path}/".startswith(f"{row[1]}/") or f"/{row[1]}/" in path]
    near = near or (list(entities) if not path else [])
    deepest = max((len(folder) for _, folder in near), default=0)
    return [row for row in near if len(row[1]) == deepest]
