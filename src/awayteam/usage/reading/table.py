"""Traces as a table: CSV with a trace, a span, its parent, a service (or a pod), an operation, start and end.

Research data sets of the kind have pods instead of services; what a replica set adds to a name is taken off.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from awayteam.usage.reading.values import Problems, UnreadableTraces, identity, whole
from awayteam.usage.spans import Kind, Span, cut

_COLUMNS = {
    "trace": ("traceid", "trace_id", "trace"),
    "id": ("spanid", "span_id", "id"),
    "parent": ("parentid", "parent_id", "parentspanid", "parent_span_id", "parentspanid"),
    "service": ("service", "servicename", "service_name", "podname", "pod"),
    "operation": ("operationname", "operation_name", "operation", "name"),
    "start": ("starttimeunixnano", "start_time_unix_nano"),
    "end": ("endtimeunixnano", "end_time_unix_nano"),
}
_POD = re.compile(r"-[0-9a-f]{6,10}-[0-9a-z]{5}\Z")
_ROOTS = frozenset({"", "root", "null", "none", "-1"})


def recognises(head: str) -> bool:
    """Whether a first line names the columns."""
    names = {one.strip().strip('"').lower() for one in head.split(",")}
    return all(names.intersection(_COLUMNS[one]) for one in ("trace", "id", "parent", "service"))


def spans(text: str, problems: Problems) -> Iterator[Span]:
    """A span for each row; rows that can't be read are noted with their line and left out."""
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        head = next(rows, [])
        places = _places(head)
        pods = any(head[place].strip().lower().startswith("pod") for place in (places["service"],))
        for row in rows:
            if not row:
                continue
            try:
                yield _span(row, places, pods=pods)
            except (ValueError, IndexError) as error:
                problems.note(f"line {rows.line_num}", str(error) or "too few columns")
    except csv.Error as error:
        raise UnreadableTraces(f"line {rows.line_num}: {error}") from error


def _places(head: Sequence[str]) -> dict[str, int]:
    names = [one.strip().lower() for one in head]
    return {
        wanted: place for wanted, known in _COLUMNS.items() for place, name in enumerate(names) if name in known
    }  # fmt: skip


def _span(row: Sequence[str], places: dict[str, int], *, pods: bool) -> Span:
    def cell(name: str) -> str:
        return row[places[name]].strip() if name in places else ""

    parent = cell("parent")
    service = _POD.sub("", cell("service")) if pods else cell("service")
    found = identity(cell("id"), 8)
    if not found:
        raise ValueError("a span without an id")
    return Span(
        trace=identity(cell("trace"), 16),
        id=found,
        parent=b"" if parent.lower() in _ROOTS else identity(parent, 8),
        kind=Kind.UNSPECIFIED,
        service=cut(service),
        operation=cut(cell("operation")),
        start=whole(cell("start")),
        end=whole(cell("end")),
        failed=False,
    )
