"""Who began to use what a visit built: the change of a document that names it, and whose document that is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from awayteam.catalog.models import Alias, Entity, Ownership, Relation, Revision
from awayteam.credit.deriving.facts import visits
from awayteam.credit.rules import Credit, Happened, Visit, reused
from awayteam.engagements.models import Engagement
from awayteam.kernel import rulebook
from awayteam.sources.backstage import kinds
from awayteam.sources.declared import RelationType

USES = frozenset({RelationType.CONSUMES_API, RelationType.DEPENDS_ON})
FIELDS = ("spec.consumesApis", "spec.dependsOn", "spec.dependencyOf")
"""Fields of a document whose change may bring a new consumer; events name the paths that changed."""

PATHS_TOLD = 50
"""An event names so many paths at most; one that names as many may have left out those that matter."""


def new_consumers(events: Sequence[Happened]) -> list[Credit]:
    """Credit for visits whose work other teams began to use; nothing is read while no handover was accepted before."""
    built = _built(events)
    if not built:
        return []
    telling = [one for one in events if _may_tell(one)]
    if not telling:
        return []
    within = timedelta(days=rulebook.current().credit.reuse_days)
    documents, owners = _Documents(telling), _Owners(telling)
    found: list[Credit] = []
    for event in telling:
        used = documents.began_to_use(event)
        fitting = [visit for ref in sorted(used) for visit in built.get(ref, ())]
        once = {visit.id: visit for visit in fitting}.values()
        found += reused(event, consumer_team=owners.team(event), visits=once, within=within)
    return found


def _may_tell(event: Happened) -> bool:
    changed = event.data.get("document")
    if event.name != "entity.updated":
        return True
    if not isinstance(changed, list):
        return False
    return len(changed) >= PATHS_TOLD or any(str(path).startswith(FIELDS) for path in changed)


def _built(events: Sequence[Happened]) -> dict[str, list[Visit]]:
    """Accepted visits by the references of what they worked on: the service and the APIs that it provides."""
    last = max((event.at for event in events), default=None)
    if last is None:
        return {}
    rows = Engagement.objects.filter(accepted_at__lt=last, service__isnull=False)
    services = dict(rows.values_list("pk", "service_id"))
    if not services:
        return {}
    known = visits(Q(pk__in=sorted(services)))
    things: dict[int, set[int]] = defaultdict(set)
    provided = Relation.objects.filter(source__in=set(services.values()), type=RelationType.PROVIDES_API)
    for service, api in provided.values_list("source_id", "target_id"):
        things[service].add(api)
    refs = _refs({*services.values(), *(api for some in things.values() for api in some)})
    found: dict[str, list[Visit]] = defaultdict(list)
    for pk, service in sorted(services.items()):
        for thing in sorted({service, *things[service]}):
            for ref in refs[thing]:
                found[ref].append(known[pk])
    return found


def _refs(ids: Iterable[int]) -> dict[int, list[str]]:
    """Each thing's reference, and the names that it had."""
    wanted, found = set(ids), defaultdict(list)
    for pk, ref in Entity.objects.filter(pk__in=wanted).values_list("pk", "ref"):
        found[pk].append(ref)
    for pk, ref in Alias.objects.filter(entity__in=wanted).values_list("entity_id", "ref"):
        found[pk].append(ref)
    return found


class _Documents:
    """Documents of things before and after events."""

    def __init__(self, events: Sequence[Happened]) -> None:
        ids = {event.subject_id for event in events}
        columns = ("kind", "namespace", "ref", "document", "changed_at")
        self.now = {row.pk: row for row in Entity.objects.filter(pk__in=ids).only("pk", *columns)}
        self.past: dict[int, list[tuple[datetime, datetime, Mapping[str, Any]]]] = defaultdict(list)
        revisions = Revision.objects.filter(entity__in=ids).order_by("valid_from")
        for pk, start, end, document in revisions.values_list("entity_id", "valid_from", "valid_to", "document"):
            self.past[pk].append((start, end, document))

    def began_to_use(self, event: Happened) -> set[str]:
        """References that the document names since this event."""
        row = self.now.get(event.subject_id)
        if row is None:
            return set()
        past = self.past[row.pk]
        after = next((doc for start, end, doc in past if start <= event.at < end), row.document)
        before = next((doc for _, end, doc in past if end == event.at), {})
        return _used(row, after) - _used(row, before)


def _used(row: Entity, document: Mapping[str, Any]) -> set[str]:
    """What the document says that this thing uses."""
    spec = document.get("spec")
    if not isinstance(spec, dict):
        return set()
    rules = kinds.KINDS.get(row.kind.lower(), kinds.UNKNOWN)
    stated, _faults, _remarks = kinds.relations(spec, rules, row.ref, row.namespace)
    return {target for relation, source, target in stated if relation in USES and source == row.ref}


class _Owners:
    """Which team owned a thing at the time of an event."""

    def __init__(self, events: Sequence[Happened]) -> None:
        self.rows: dict[int, list[tuple[datetime | None, datetime | None, int | None]]] = defaultdict(list)
        rows = Ownership.objects.filter(entity__in={event.subject_id for event in events}).order_by("pk")
        for pk, starts, ends, team in rows.values_list("entity_id", "starts", "ends", "owner__team_id"):
            self.rows[pk].append((starts, ends, team))

    def team(self, event: Happened) -> int | None:
        for starts, ends, team in self.rows[event.subject_id]:
            if (starts is None or starts <= event.at) and (ends is None or event.at < ends):
                return team
        return None
