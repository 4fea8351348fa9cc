"""Many requests at once over HTTP: the files of `awayteam request import` and `export`, as texts."""

from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Paging, Word
from awayteam.requests import queries
from awayteam.requests.actions import importing
from awayteam.requests.actions.importing import Defaults, problem_if_none
from awayteam.requests.api.reading import Words
from awayteam.requests.api.writing import person_of, team_of
from awayteam.requests.exchange import reading, writing
from awayteam.requests.exchange.rows import RowError

router = Router(tags=["requests"])
LONGEST = 2_000_000
ROWS = "rows"
Format = Literal["auto", "csv", "json", "github", "jira-csv", "jira-json"]


class RequestFileIn(Body):
    """A file as text; `mapping` says for columns of theirs which of ours they are."""

    text: Annotated[str, Field(max_length=LONGEST)]
    format: Format = "auto"
    mapping: Annotated[dict[str, Word], Field(max_length=100)] = {}
    home_team: Word = Field("", description="who is asked, where a row names nobody")
    asking_team: Word = Field("", description="who asks, where a row doesn't say")
    asker: Word = Field("", description="in whose person, likewise")
    dry_run: bool = False


class RequestRowOut(Schema):
    """What was found in a row; `line` is that of the text, or the number of the object, from 1."""

    line: int
    field: str
    message: str


class RequestImportOut(Schema):
    """`errors` are of rows that stayed out, `warnings` of rows that came in without a part."""

    created: int
    updated: int
    unchanged: int
    dry_run: bool
    errors: list[RequestRowOut]
    warnings: list[RequestRowOut]


class RequestExportQuery(Paging):
    format: Literal["json", "csv"] = "json"
    state: Words = Field(default_factory=lambda: ["all"], description="states, or open, closed, all (the default)")
    home: Words = Field(default_factory=list, description="teams that answer, or mine")


class RequestExportOut(Schema):
    """`items` of JSON, or `text` of CSV with its head on every page, in the shape that the import reads."""

    items: list[dict[str, str]]
    text: str
    next_cursor: str | None


@router.post("/request-imports", response=RequestImportOut)
def import_requests(request: Request, body: RequestFileIn) -> Any:
    """Make and change requests by the rows of a file; a row that can't be used sinks no other. For administrators.

    A request is made once by its key and changed when it is sent again, so that a repeated call does no harm.
    """
    found = reading.read(body.text.encode("utf-8", "replace"), ROWS, body.format, body.mapping)
    problem_if_none(found, "The text")
    defaults = Defaults(
        team_of(request, body.home_team) if body.home_team else None,
        team_of(request, body.asking_team) if body.asking_team else None,
        person_of(request, body.asker) if body.asker else None,
    )
    done = importing.import_requests(
        found, actor=request.actor, now=timezone.now(), defaults=defaults, dry_run=body.dry_run
    )
    return RequestImportOut(
        created=done.created,
        updated=done.updated,
        unchanged=done.unchanged,
        dry_run=body.dry_run,
        errors=[_told(one) for one in done.errors],
        warnings=[_told(one) for one in done.warnings],
    )


def _told(row: RowError) -> RequestRowOut:
    return RequestRowOut(line=row.line, field=row.field, message=row.message)


@router.get("/request-exports", response=RequestExportOut)
def export_requests(request: Request, query: Annotated[RequestExportQuery, Query()]) -> Any:
    """Requests that you may see, the oldest first, page by page, in the shape that the import reads."""
    wanted = queries.RequestFilter(state=tuple(query.state), home=tuple(query.home))
    page = queries.list_requests(
        request.actor, wanted, sort="created", cursor=query.cursor, limit=query.limit, now=timezone.now()
    )
    cells = writing.each(row.id for row in page.items)
    if query.format == "csv":
        return RequestExportOut(items=[], text="".join(writing.to_csv(cells)), next_cursor=page.next_cursor)
    return RequestExportOut(items=list(cells), text="", next_cursor=page.next_cursor)
