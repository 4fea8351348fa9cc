"""What entities are recognised by: repositories, hosts, links, names in logs, topics, and operations of APIs.

Which entities are out of date is told by comparing `changed_at` one by one: a high-water mark would miss what a long
import commits late.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.db.models import Max

from awayteam.catalog.models import ApiOperation, Entity
from awayteam.contributions.linking import SLUGS, place_of
from awayteam.kernel import bulk
from awayteam.kernel.models import Event
from awayteam.requests.routing.index.keys import number, procedure, shape_of_template
from awayteam.requests.routing.models import Clue, ClueKind, OperationKey, RoutedEntity, RoutingState
from awayteam.requests.routing.parse import Kind
from awayteam.requests.routing.parse.addresses import link, of_address

KINDS = ("API", "Component", "Domain", "Resource", "System")
SLICE = 2_000
CHANGED_BY = ("entity.", "source.", "ownership.")
SERVICE_NAMES = (
    "backstage.io/kubernetes-id", "app.kubernetes.io/name", "datadoghq.com/service-name", "sentry.io/project-slug",
    "newrelic.com/dashboard-guid", "opentelemetry.io/service-name", "argocd/app-name", "jenkins.io/job-full-name",
    "dynatrace.com/dynatrace-entity-id", "github.com/deployment-name", "vault.io/secrets-path",
)  # fmt: skip
MOST_CLUES = 50
"""Of each kind and entity."""
STALE_SQL = """
SELECT e.id FROM catalog_entity e LEFT JOIN requests_routedentity r ON r.entity_id = e.id
WHERE e.kind IN ('API', 'Component', 'Domain', 'Resource', 'System') AND e.presence IN (1, 2)
  AND (r.entity_id IS NULL OR r.changed_at <> e.changed_at)
ORDER BY e.id LIMIT %s
"""
LONGEST = 300


def pending(now: datetime) -> bool:  # noqa: ARG001
    """Whether anything happened to entities since the last look; two statements."""
    state = RoutingState.objects.filter(pk=1).first()
    if state is None:
        return True
    names = Event.objects.filter(pk__gt=state.event).order_by().values_list("name", flat=True).distinct()
    return any(name.startswith(CHANGED_BY) for name in names)


def refresh(now: datetime) -> int:  # noqa: ARG001
    """Index every entity that is out of date; returns how many. In slices, each in a transaction of its own."""
    event = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    done = 0
    while ids := _stale():
        with transaction.atomic():
            _index(ids)
        done += len(ids)
        if len(ids) < SLICE:
            break
    RoutingState.objects.update_or_create(pk=1, defaults={"event": event})
    return done


def _stale() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(STALE_SQL, [SLICE])
        return [row[0] for row in cursor.fetchall()]


def _index(ids: list[int]) -> None:
    columns = ("pk", "kind", "name", "changed_at", "document__metadata", "document__spec")
    rows = list(Entity.objects.filter(pk__in=ids).values_list(*columns))
    for model, column in ((Clue, "entity_id"), (OperationKey, "api_id"), (RoutedEntity, "entity_id")):
        bulk.delete(model, column, ids)
    clues = [
        (kind, value[:LONGEST], pk, folder)
        for pk, kind_, name, _, metadata, spec in rows
        for kind, value, folder in clues_of(kind_, name, metadata, spec)
    ]
    bulk.insert(Clue, ["kind", "value", "entity_id", "folder"], clues)
    apis = [row[0] for row in rows if row[1] == "API"]
    bulk.insert(OperationKey, ["shape", "operation_id", "api_id"], list(_operations(apis)))
    bulk.insert(RoutedEntity, ["entity_id", "changed_at"], [(row[0], row[3]) for row in rows])


def _operations(apis: list[int]) -> Iterator[tuple[int, int, int]]:
    found = ApiOperation.objects.filter(api__in=apis).order_by("pk")
    for pk, api, verb, path, key, name in found.values_list("pk", "api_id", "verb", "path", "key", "name"):
        for shape in shapes_of(verb, path, key, name):
            yield number(shape), pk, api


def shapes_of(verb: str, path: str, key: str, name: str) -> set[str]:
    """Under what an operation is found: its path's shape, its procedure's names, its topic."""
    shapes: set[str] = set()
    if "/" in key and " " not in key:
        shapes |= {f"rpc {one}" for one in procedure(key)}
    elif verb.lower() in ("send", "receive", "publish", "subscribe"):
        shapes.add(f"topic {path.lower()}")
    elif path.startswith("/"):
        shapes.add(f"path {shape_of_template(path)}")
    if name and len(name) > 6:
        shapes.add(f"name {name.lower()}")
    return {shape for shape in shapes if not shape.endswith(" ")}


def clues_of(kind: str, name: str, metadata: Any, spec: Any) -> Iterable[tuple[int, str, str]]:
    """(kind of clue, value in lower case, folder) of one entity, from annotations, links and specification."""
    about: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    annotations = about.get("annotations")
    found: dict[tuple[int, str, str], None] = {}
    if isinstance(annotations, Mapping):
        place = place_of(annotations)
        if place is not None:
            found[(ClueKind.SLUG, place[0], place[1][0])] = None
        for key in SERVICE_NAMES:
            value = annotations.get(key)
            if isinstance(value, str) and value.strip():
                found[(ClueKind.SERVICE, value.strip().lower(), "")] = None
        for key, value in list(annotations.items())[:200]:
            if isinstance(value, str) and key not in SLUGS and "://" in value[:12]:
                found |= dict.fromkeys(_of_address(value.removeprefix("url:")))
    links = about.get("links")
    for one in links[:MOST_CLUES] if isinstance(links, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("url"), str):
            found |= dict.fromkeys(_of_address(one["url"]))
    if kind == "Resource" and isinstance(spec, Mapping) and "topic" in str(spec.get("type", "")).lower():
        found[(ClueKind.TOPIC, name.lower(), "")] = None
    return list(found)[: 4 * MOST_CLUES]


def _of_address(address: str) -> Iterator[tuple[int, str, str]]:
    try:
        host = (urlsplit(address).hostname or "").lower()
        whole = link(address)
    except ValueError:
        return
    if host and "\0" not in address:
        for one in of_address(address, 0):
            if one.kind is Kind.PATH and one.detail:
                yield ClueKind.SLUG, one.detail, one.value
        yield ClueKind.HOST, host, ""
        if whole != host:
            yield ClueKind.LINK, whole, ""
