"""Which entity a name of the telemetry is: by rules, the organisation's own first; what was said by hand stays.

A rule that finds two entities finds none: a wrong owner is worse than an unmatched name, which is listed with
suggestions.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models.fields.json import KeyTextTransform

from awayteam.catalog.models import LISTED, Entity
from awayteam.kernel.models import Event
from awayteam.usage.models import MatchRule, Name, Standing
from awayteam.usage.names import chunks

KINDS: dict[str, tuple[str, ...]] = {
    Name.Kind.SERVICE: ("component",),
    Name.Kind.DATABASE: ("resource",),
    Name.Kind.MESSAGING: ("resource",),
    Name.Kind.EXTERNAL: ("component", "resource"),
}
"""Kinds of entities that a name of each kind may be."""
EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """As `models.MatchRule`; `place` leads to the value in the entity's document for kind "annotation"."""

    name: str
    kind: str
    place: tuple[str, ...] = ()
    pattern: str = ""
    replacement: str = ""
    of: str = ""


ANNOTATIONS = ("metadata", "annotations")
DEFAULTS = (
    Rule("Kubernetes id", "annotation", (*ANNOTATIONS, "backstage.io/kubernetes-id")),
    Rule("telemetry name", "annotation", (*ANNOTATIONS, "awayteam.dev/telemetry-name")),
    Rule("namespace and name", "name"),
    Rule("app label", "annotation", ("metadata", "labels", "app.kubernetes.io/name")),
    Rule("title", "title"),
)
"""Rules that hold after the organisation's own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a rule compares with."""

    id: int
    kind: str
    namespace: str
    name: str
    title: str


def rules() -> list[Rule]:
    """All rules in their order: the organisation's own, then the defaults."""
    own = [
        Rule(row.name, row.kind, (*ANNOTATIONS, row.annotation), row.pattern, row.replacement, row.of)
        for row in MatchRule.objects.filter(active=True)
    ]
    return [*own, *DEFAULTS]


class Index:
    """The catalog as rules ask it; annotations are read only for rules that need them."""

    def __init__(self) -> None:
        rows = Entity.objects.filter(presence__in=LISTED).order_by("pk")
        self._all = {
            row[0]: Candidate(row[0], row[1].lower(), *row[2:])
            for row in rows.values_list("pk", "kind", "namespace", "name", "title")
            if row[1].lower() in ("component", "resource")
        }
        self._names: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._bare: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._titles: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in self._all.values():
            self._names[one.kind, one.namespace.casefold(), one.name.casefold()].append(one.id)
            self._bare[one.kind, one.name.casefold()].append(one.id)
            if one.title:
                self._titles[one.kind, one.title.casefold()].append(one.id)
        self._namespaces = {one.namespace.casefold() for one in self._all.values()}
        self._values: dict[tuple[str, ...], dict[str, list[int]]] = {}

    def find(self, rule: Rule, text: str, kind: str) -> list[int]:
        """Ids of the entities that the rule finds for a name."""
        if rule.of and rule.of != kind:
            return []
        said = rewritten(rule, text)
        return self._find(rule, said, kind) if said is not None else []

    def _find(self, rule: Rule, text: str, kind: str) -> list[int]:
        kinds = KINDS[kind]
        if rule.kind == MatchRule.Kind.NAME:
            return self._by_name(text.casefold(), kinds)
        if rule.kind == MatchRule.Kind.TITLE:
            return [pk for one in kinds for pk in self._titles.get((one, text.casefold()), ())]
        values = self._annotated(rule.place)
        found = values.get(text.casefold()) or values.get(text.rpartition("/")[2].casefold(), [])
        return [pk for pk in found if self._all[pk].kind in kinds]

    def _by_name(self, text: str, kinds: Sequence[str]) -> list[int]:
        """`namespace/name` is that of the catalog where it has such a namespace; a bare name is of any."""
        namespace, _, name = text.rpartition("/")
        name = name.rpartition(":")[2]
        if namespace in self._namespaces:
            return [pk for one in kinds for pk in self._names.get((one, namespace, name), ())]
        return [pk for one in kinds for pk in self._bare.get((one, name), ())]

    def _annotated(self, place: tuple[str, ...]) -> dict[str, list[int]]:
        if place not in self._values:
            value: KeyTextTransform | str = "document"
            for key in place:
                value = KeyTextTransform(key, value)
            found: dict[str, list[int]] = defaultdict(list)
            rows = Entity.objects.filter(presence__in=LISTED).annotate(_value=value).exclude(_value=None)
            for pk, text in rows.order_by("pk").values_list("pk", "_value"):
                if pk in self._all:
                    found[str(text).casefold()].append(pk)
            self._values[place] = found
        return self._values[place]

    def near(self, text: str, kind: str, limit: int = 3) -> list[int]:
        """Ids of entities whose names are like a name, the likest first."""
        from rapidfuzz import fuzz, process

        bare = text.rpartition("/")[2].rpartition(":")[2].casefold()
        names = self._by_kind(KINDS[kind])
        found = process.extract(bare, names, scorer=fuzz.WRatio, limit=limit, score_cutoff=70)
        return [pk for _, _, pk in found]

    @lru_cache(maxsize=8)  # noqa: B019 - an index lives for one look
    def _by_kind(self, kinds: tuple[str, ...]) -> dict[int, str]:
        return {pk: one.name.casefold() for pk, one in self._all.items() if one.kind in kinds}


def rewritten(rule: Rule, text: str) -> str | None:
    """The name as the rule's pattern makes it; None where the pattern doesn't fit the whole name."""
    if not rule.pattern:
        return text
    found = _compiled(rule.pattern).fullmatch(text[:300])
    return found.expand(rule.replacement) if found else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern)


def matched(index: Index, text: str, kind: str, among: Iterable[Rule]) -> tuple[int, str] | None:
    """The entity that the first rule to find exactly one finds, with the rule's name."""
    for rule in among:
        found = set(index.find(rule, text, kind))
        if len(found) == 1:
            return found.pop(), rule.name
    return None


def match_all(now: datetime) -> int:
    """Match every name that nobody spoke about anew; returns how many changed."""
    names = list(Name.objects.exclude(how=Name.How.HAND).filter(ignored=False))
    if not names:
        return 0
    index, every, changed = Index(), rules(), []
    for name in names:
        found = matched(index, name.text, name.kind, every)
        entity, rule = found or (None, "")
        if (name.entity_id, name.rule) != (entity, rule):
            name.entity_id, name.rule, name.matched_at = entity, rule, now
            name.how = Name.How.RULE if found else Name.How.NONE
            changed.append(name)
    with transaction.atomic():
        for some in chunks(changed):
            Name.objects.bulk_update(some, ["entity", "rule", "how", "matched_at"])
    return len(changed)


def match_due(now: datetime, *, anew: bool = False) -> int:
    """`match_all`, where the catalog or the names have changed since (or `anew`); returns how many changed."""
    row = Standing.objects.get_or_create(pk=1)[0]
    events = Event.objects.filter(name__startswith="entity.") | Event.objects.filter(name="source.imported")
    event = events.order_by("-pk").values_list("pk", flat=True).first() or 0
    names = Name.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if (row.matched_event, row.matched_names) == (event, names) and not anew:
        return 0
    changed = match_all(now)
    Standing.objects.filter(pk=1).update(matched_event=event, matched_names=names)
    return changed
