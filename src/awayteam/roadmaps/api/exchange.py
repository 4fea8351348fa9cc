"""Items of roadmaps as `awayteam roadmap export` writes them; POST /roadmap-imports reads them again."""

import io
from typing import Annotated, Any, Literal

from ninja import Query, Schema
from pydantic import Field

from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Word
from awayteam.roadmaps import exporting
from awayteam.roadmaps.api.roadmaps import named, router


class ItemExportQuery(Schema):
    format: Literal["json", "csv"] = "json"
    team: Word = Field("", description="one team; without it, all")
    closed: bool = Field(False, description="done and dropped items too")


class ItemExportOut(Schema):
    """`items` of JSON, or `text` of CSV, in the shape that the import reads."""

    items: list[dict[str, str | int]]
    text: str


@router.get("/roadmap-exports", response=ItemExportOut)
def export_items(request: Request, query: Annotated[ItemExportQuery, Query()]) -> Any:
    """Items by team and rank, in the shape that the import reads."""
    rows = exporting.rows(request.actor, team=named(request, query.team) if query.team else None, closed=query.closed)
    if query.format == "json":
        return ItemExportOut(items=list(rows), text="")
    text = io.StringIO()
    exporting.write_csv(text, rows)
    return ItemExportOut(items=[], text=text.getvalue())
