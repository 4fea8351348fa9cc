"""What a proxy is to know, read from the database: limits, operations, identities, and the rulebook's terms."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import F

from awayteam.catalog.models import ApiOperation, Presence
from awayteam.kernel import rulebook
from awayteam.kernel.rulebook.sections.limiting import Quotas
from awayteam.quotas.envoy.plain import Operation, Plan, Rule, Terms, Upstream
from awayteam.quotas.models import Limit
from awayteam.quotas.rules import Rate, State, Unit, burst_of

ANNOTATION = "awayteam/identity"
COLUMNS = (
    "pk", "api__ref", "consumer_id", "consumer__namespace", "consumer__name", "annotation", "operation", "requests",
    "unit", "burst", "state",
)  # fmt: skip


def plan(upstreams: Sequence[Upstream]) -> Plan:
    """The plan for a proxy before these upstreams; two statements."""
    book = rulebook.current().quotas
    own: dict[str, dict[str, dict[str, Rule]]] = defaultdict(lambda: defaultdict(dict))
    others: dict[str, dict[str, Rule]] = defaultdict(dict)
    for row in _limits(upstreams):
        rule = _rule(row)
        if row["consumer_id"] is None:
            others[row["api__ref"]][rule.operation] = rule
        else:
            own[row["api__ref"]][_identity(row, book.identity)][rule.operation] = rule
    known = _operations(upstreams)
    terms = tuple(
        Terms(one, known.get(one.api, {}), own.get(one.api, {}), others.get(one.api, {}), unknown_rule(book))
        for one in upstreams
    )
    return Plan(terms, settings.URL, "://" in book.identity, book.fail_open, book.unknown_buckets_max)


def identity_of(template: str, namespace: str, name: str, document: Any = None) -> str:
    """The name of a consumer in its certificate: its annotation, else the rulebook's template filled in."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    own = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
    return _sound(own) or template.replace("{namespace}", namespace).replace("{name}", name)


def _sound(given: Any) -> str:
    """A name that can stand in a certificate and as a key; "" for anything else, so that nobody takes `*`."""
    if not isinstance(given, str) or not 1 < len(given) <= 300 or not given.isascii() or not given.isprintable():
        return ""
    return "" if "," in given or " " in given else given


def unknown_rule(book: Quotas) -> Rule | None:
    """The rulebook's limit for whom no other is."""
    if not book.unknown_per_second:
        return None
    burst = burst_of(book.unknown_per_second, Unit.SECOND, book.burst_seconds)
    return Rule(0, Rate(book.unknown_per_second, Unit.SECOND, burst), book.unknown_enforced)


def _limits(upstreams: Sequence[Upstream]) -> list[dict[str, Any]]:
    """Limits that a proxy hears of, of consumers that there are; the older of two with one identity wins."""
    rows = Limit.objects.filter(api__ref__in=[one.api for one in upstreams]).exclude(state=State.OFF.value)
    rows = rows.exclude(consumer__presence=Presence.REMOVED)
    annotated = rows.annotate(annotation=F(f"consumer__document__metadata__annotations__{ANNOTATION}"))
    return list(annotated.order_by("-pk").values(*COLUMNS))


def _identity(row: dict[str, Any], template: str) -> str:
    given = _sound(row["annotation"])
    return given or identity_of(template, row["consumer__namespace"], row["consumer__name"])


def _rule(row: dict[str, Any]) -> Rule:
    rate = Rate(row["requests"], Unit(row["unit"]), row["burst"])
    return Rule(row["pk"], rate, row["state"] == State.ENFORCED.value, row["operation"])


def _operations(upstreams: Sequence[Upstream]) -> dict[str, dict[str, Operation]]:
    """Operations with a path, by API and key; only those that some limit names."""
    refs = [one.api for one in upstreams]
    named = Limit.objects.filter(api__ref__in=refs).exclude(operation="").values("operation")
    rows = ApiOperation.objects.filter(api__ref__in=refs, key__in=named, path__startswith="/")
    found: dict[str, dict[str, Operation]] = defaultdict(dict)
    for ref, key, verb, path in rows.values_list("api__ref", "key", "verb", "path"):
        found[ref][key] = Operation(key, verb, path)
    return dict(found)
