"""Lists of entities: facets at the left, any column sorts, the address bar holds the whole view, CSV on demand."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe

from awayteam.catalog import queries
from awayteam.catalog.queries import EntityFilter, EntityRow
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import as_of, csv_file, render
from awayteam.kernel.requests import Request

PAGE = 50
CSV_MOST = 250_000
CSV_PAGE = 1_000
PROPERTIES = ("kind", "type", "lifecycle", "owner", "tag", "system", "source", "presence")
COLUMNS = (
    "reference",
    "kind",
    "type",
    "name",
    "title",
    "owner",
    "lifecycle",
    "system",
    "tags",
    "presence",
    "source",
    "changed at",
)
TITLES = {
    "": ("Catalog", "Everything that a source declares, of every kind."),
    "Component": ("Services", "What teams own and run: services, websites, libraries."),
    "API": ("APIs", "What services offer to others, with their operations."),
}


def entity_filter(query: QueryDict, kind: str = "") -> EntityFilter:
    """The filter that an address says; raises `InvalidInput` for a `filter` that is no `key=value`."""
    chosen = {name: tuple(dict.fromkeys(query.getlist(name)))[:50] for name in PROPERTIES}
    if kind:
        chosen["kind"] = (kind,)
    fields = tuple(_field(text) for text in query.getlist("filter")[:10] if text.strip())
    return EntityFilter(**chosen, text=query.get("q", "").strip()[:200], fields=fields)


def _field(text: str) -> tuple[str, str | None]:
    path, equals, value = text.partition("=")
    if not path.strip():
        raise InvalidInput(f"{text[:60]!r} is no filter.", "Write it as spec.type=service.", {"filter": "no key"})
    return path.strip(), value if equals else None


@require_safe
def everything(request: Request) -> HttpResponseBase:
    return _list(request, "")


@require_safe
def services(request: Request) -> HttpResponseBase:
    return _list(request, "Component")


@require_safe
def apis(request: Request) -> HttpResponseBase:
    return _list(request, "API")


def _list(request: Request, kind: str) -> HttpResponseBase:
    filter, sort, at = entity_filter(request.GET, kind), request.GET.get("sort", "name"), as_of(request)
    if request.GET.get("format") == "csv":
        return csv_file((TITLES[kind][0]).lower(), COLUMNS, _csv_rows(request, filter, sort))
    page = queries.list_entities(
        request.actor, filter, sort=sort, cursor=request.GET.get("cursor") or None, limit=PAGE, as_of=at
    )
    title, lead = TITLES[kind]
    counted = queries.Counted([], 0) if at else queries.counted(request.actor, filter, most=12)
    context: dict[str, Any] = {
        "title": title,
        "lead": lead,
        "fixed_kind": kind,
        "page": page,
        "total": None if at or counted.at_least else counted.total,
        "at_least": counted.at_least,
        "facets": [facet for facet in counted.facets if facet.values and not (kind and facet.name == "kind")],
        "chosen": _chosen(request, kind),
        "sort": sort,
        "at": at,
        "kinds": _kind_tabs(),
    }
    return render(request, "catalog/list.html", context)


def _chosen(request: Request, kind: str) -> list[tuple[str, str, list[str]]]:
    """What narrows the list: (property, value, the property's values without it)."""
    names = [name for name in (*PROPERTIES, "q", "filter") if not (kind and name == "kind")]
    rows = [(name, value, request.GET.getlist(name)) for name in names for value in request.GET.getlist(name)]
    return [
        (name, value, [other for other in all if other != value]) for name, value, all in rows if value or name != "q"
    ]


def _kind_tabs() -> list[tuple[str, str, str, None]]:
    names = (("Component", "Services", "services"), ("API", "APIs", "apis"), ("", "All kinds", "catalog"))
    return [(key, words, reverse(route), None) for key, words, route in names]


def _csv_rows(request: Request, filter: EntityFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor, sent, at = None, 0, as_of(request)
    while sent < CSV_MOST:
        page = queries.list_entities(request.actor, filter, sort=sort, cursor=cursor, limit=CSV_PAGE, as_of=at)
        yield from (_csv_row(row) for row in page.items)
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _csv_row(row: EntityRow) -> tuple[Any, ...]:
    owner, system = row.owner.ref if row.owner else "", row.system.ref if row.system else ""
    return (
        *(row.ref, row.kind, row.type, row.name, row.title, owner, row.lifecycle, system),
        *(" ".join(row.tags), row.presence_word, row.source, row.changed_at),
    )
