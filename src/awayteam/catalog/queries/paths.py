"""Filters by a path in an entity, as Backstage writes them: `spec.type=service`, `relations.ownedBy=…`.

Paths and values come from anybody. Known paths become conditions on columns and edges; every other one is looked up in
the document with path and value as parameters, never as SQL. Values are compared without regard to case.
"""

from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q
from django.db.models.functions import Lower
from django.db.models.sql.compiler import SQLCompiler

from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import Entity, EntityTag, Relation
from awayteam.catalog.queries.references import ids_of
from awayteam.kernel.errors import InvalidInput
from awayteam.sources.backstage import refs
from awayteam.sources.declared import RELATION_NAMES, RelationType

LONGEST = 500
COLUMNS = {
    "kind": "kind",
    "metadata.name": "name",
    "metadata.namespace": "namespace",
    "metadata.title": "title",
    "spec.type": "type",
    "spec.lifecycle": "lifecycle",
}
LINKS = {"spec.owner": ("owner", "group"), "spec.system": ("system", "system")}
WHOLE_KEYS = ("metadata.annotations.", "metadata.labels.")
"""What follows these is one key, dots and all."""

Condition = Q | Exists | Func
Sql = tuple[str, tuple[Any, ...]]


def condition(path: str, value: str | None) -> Condition:
    """The condition that the value at `path` is `value` (or one of its elements), or with None that there is one.

    Raises `InvalidInput` for a path that can't be one.
    """
    path = path.strip()
    if not path or len(path) > LONGEST or not path.isprintable() or '"' in path or "\\" in path:
        raise InvalidInput(
            f"{path[:60]!r} is no path into an entity.",
            "Write it like spec.type or metadata.annotations.github.com/project-slug.",
            fields={"filter": "not a path"},
        )
    if value is not None and ("\0" in value or len(value) > 4 * LONGEST):
        raise InvalidInput(f"The value for {path} can't be in any entity.", fields={"filter": "impossible value"})
    if path in COLUMNS:
        return _column(COLUMNS[path], value)
    if path in LINKS:
        return _link(*LINKS[path], value)
    if path == "metadata.tags" or path.startswith("metadata.tags."):
        return _tag(path.removeprefix("metadata.tags").removeprefix("."), value)
    if path == "metadata.uid":
        return Q(pk=int(value)) if value is not None and value.isdecimal() and len(value) < 19 else Q(pk__in=[])
    if path.startswith("relations."):
        return _relation(path.removeprefix("relations."), value)
    return InDocument(split(path), value)


def split(path: str) -> list[str]:
    """The keys of a path; everything after `metadata.annotations.` or `metadata.labels.` is one key."""
    for prefix in WHOLE_KEYS:
        if path.startswith(prefix) and len(path) > len(prefix):
            return [*prefix.rstrip(".").split("."), path[len(prefix) :]]
    keys = path.split(".")
    if not all(keys):
        raise InvalidInput(f"{path[:60]!r} has an empty part.", "Write single dots between the parts of a path.")
    return keys


def _column(column: str, value: str | None) -> Q:
    if value is None:
        return ~Q(**{column: ""})
    if column == "kind":
        return Q(kind=usual_kind(value))
    if column == "name":
        return Q(pk__in=Entity.objects.alias(_name=Lower("name")).filter(_name=value.lower()).values("pk"))
    return Q(**{column: value}) | Q(**{f"{column}__iexact": value})


def _link(column: str, kind: str, value: str | None) -> Q:
    if value is None:
        return Q(**{f"{column}__isnull": False})
    return Q(**{f"{column}__in": _ids(value, kind)})


def _tag(named: str, value: str | None) -> Exists | Q:
    rows = EntityTag.objects.filter(entity=OuterRef("pk"))
    if named and value not in (None, "true"):
        return Q(pk__in=[])
    tag = named or value
    return Exists(rows.filter(tag=tag.lower()) if tag else rows)


def _relation(name: str, value: str | None) -> Exists | Q:
    for type in RelationType:
        forward, reverse = (word.lower() for word in RELATION_NAMES[type])
        if name.lower() in (forward, reverse):
            here, there = ("source", "target") if name.lower() == forward else ("target", "source")
            rows = Relation.objects.filter(type=type)
            if value is None:
                return Exists(rows.filter(**{here: OuterRef("pk")}))
            return Q(pk__in=rows.filter(**{f"{there}__in": _ids(value, None)}).values(f"{here}_id"))
    raise InvalidInput(
        f"There is no relation {name[:40]!r}.",
        f"Use one of {', '.join(word for pair in RELATION_NAMES.values() for word in pair)}.",
    )


def _ids(value: str, default_kind: str | None) -> list[int]:
    try:
        return ids_of([refs.canonical(value, default_kind)])
    except refs.BadReferenceError:
        return []


class InDocument(Func):
    """Whether the document has something at a path, or there the given value, alone or in a list."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, keys: list[str], value: str | None, document: Any = None) -> None:
        super().__init__(document or F("document"))
        self.keys, self.value = keys, value

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Sql:  # noqa: ARG002
        column, parameters = compiler.compile(self.source_expressions[0])
        path = "$" + "".join(f'."{key}"' for key in self.keys)
        if self.value is None:
            return f"(json_type({column}, %s) IS NOT NULL)", (*parameters, path)
        text = "CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END"
        sql = (
            f"(COALESCE(json_type({column}, %s), 'null') <> 'object' AND EXISTS "  # noqa: S608
            f"(SELECT 1 FROM json_each({column}, %s) AS j WHERE LOWER({text}) = %s))"
        )
        return sql, (*parameters, path, *parameters, path, self.value.lower())

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Sql:  # noqa: ARG002
        column, parameters = compiler.compile(self.source_expressions[0])
        found = f"({column} #> %s::text[])"
        if self.value is None:
            return f"({found} IS NOT NULL)", (*parameters, self.keys)
        sql = (
            f"EXISTS (SELECT 1 FROM jsonb_array_elements_text(CASE jsonb_typeof({found}) WHEN 'array' THEN {found} "  # noqa: S608
            f"WHEN 'object' THEN '[]'::jsonb ELSE jsonb_build_array({found}) END) AS j(v) WHERE LOWER(j.v) = %s)"
        )
        return sql, (*parameters, self.keys) * 3 + (self.value.lower(),)
