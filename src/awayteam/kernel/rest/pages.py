"""Lists in pages: what one may ask, and the shape of the answer."""

from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import ConfigDict, Field

from awayteam.kernel.paging import Page
from awayteam.kernel.rest.fields import Cursor

MAX_LIMIT = 200
DEFAULT_LIMIT = 50

Item = TypeVar("Item")


class Body(Schema):
    """What somebody sends: no values of another type, and no fields that nobody knows, so that a slip isn't lost."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Paging(Schema):
    """Query parameters of every list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="rows in a page")] = DEFAULT_LIMIT
    cursor: Cursor | None = None


class PageOf(Schema, Generic[Item]):
    """`next_cursor` is null on the last page; `total` is null where counting would cost more than the page."""

    items: list[Item]
    next_cursor: str | None = None
    total: int | None = None


def page_of(page: Page[Any], items: list[Any]) -> dict[str, Any]:
    """The answer for a page of a query, with its rows already in the shape of the interface."""
    return {"items": items, "next_cursor": page.next_cursor, "total": page.total}
