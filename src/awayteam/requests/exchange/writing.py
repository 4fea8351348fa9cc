"""Requests to files: CSV and JSON whose columns are those that the import reads."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from awayteam.kernel.pages import FORMULA_STARTS
from awayteam.requests.exchange.rows import COLUMNS, OWN_KEY
from awayteam.requests.machine import FINAL, State
from awayteam.requests.models import Asker, Request

STATES = {State.DONE: "done", State.WITHDRAWN: "withdrawn"}
CHUNK = 500


def cells_of(request: Request, askers: Iterable[Asker]) -> dict[str, Any]:
    """A request by the columns of our files; its first asker is `asker`, further teams are `also_asking`."""
    rows = list(askers)
    first = rows[0] if rows else None
    state = State(request.state)
    return {
        "key": request.external_key or f"{OWN_KEY}{request.pk}",
        "url": request.external_url,
        "kind": request.kind,
        "title": request.title,
        "need": request.need,
        "home_team": request.home_team.ref,
        "asking_team": request.asking_team.ref,
        "asker": request.asker.ref,
        "also_asking": " ".join(row.team.ref for row in rows[1:]),
        "about": request.entity.ref if request.entity else "",
        "value_per_week": str(first.value_per_week if first else request.value_per_week),
        "grounds": first.grounds if first else "",
        "customer_value": first.customer_value if first else "",
        "wanted_by": request.wanted_by.isoformat() if request.wanted_by else "",
        "state": STATES.get(state, "dropped") if state in FINAL else "open",
        "created_at": request.created_at.isoformat(),
        "closed_at": request.closed_at.isoformat() if request.closed_at else "",
    }


def each(ids: Iterable[int]) -> Iterator[dict[str, Any]]:
    """The cells of these requests in their order, some hundred at a time."""
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        asking: dict[int, list[Asker]] = {}
        held = Asker.objects.filter(request__in=part, left_at__isnull=True).select_related("team").order_by("pk")
        for asker in held:
            asking.setdefault(asker.request_id, []).append(asker)
        found = Request.objects.select_related("home_team", "asking_team", "asker", "entity").in_bulk(part)
        yield from (cells_of(found[pk], asking.get(pk, ())) for pk in part if pk in found)


def to_csv(cells: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Lines of CSV, the head first. An apostrophe precedes what a spreadsheet would take for a formula."""
    yield _line(COLUMNS)
    for one in cells:
        yield _line(_guarded(str(one[name])) for name in COLUMNS)


def _line(values: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(list(values))
    return out.getvalue()


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def to_json(cells: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A list of objects, written one by one."""
    yield "[\n"
    for number, one in enumerate(cells):
        yield (",\n" if number else "") + orjson.dumps(one).decode()
    yield "\n]\n"
