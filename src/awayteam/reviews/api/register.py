"""The public register over HTTP."""

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.catalog import queries as catalog
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.reviews import actions, queries
from awayteam.reviews.actions import Deviation
from awayteam.reviews.api.schemas import DeviationIn, RegisterEntryOut, RegisterQuery, RegisterTellIn, entry_out
from awayteam.reviews.feed import atom
from awayteam.reviews.queries import RegisterFilter

router = Router(tags=["register"])


def _filter(query: RegisterQuery) -> RegisterFilter:
    return RegisterFilter(
        tuple(query.kind), tuple(query.state), tuple(query.outcome), tuple(query.field), tuple(query.team), query.q,
        query.since, query.until,
    )  # fmt: skip


@router.get("/register", response=PageOf[RegisterEntryOut])
def list_register(request: Request, query: Annotated[RegisterQuery, Query()]) -> Any:
    """Overrides, emergencies and deviations, the newest first."""
    page = queries.register(
        request.actor, _filter(query), sort=query.sort, cursor=query.cursor, limit=query.limit
    )  # fmt: skip
    return page_of(page, [entry_out(row) for row in page.items])


@router.get("/register/feed", include_in_schema=False)
def register_feed(request: Request, query: Annotated[RegisterQuery, Query()]) -> Any:
    """The newest entries as Atom, for readers that send a token."""
    page = queries.register(request.actor, _filter(query), limit=query.limit)
    site = request.build_absolute_uri("/").rstrip("/")
    text = atom(page.items, address=request.build_absolute_uri(), site=site)
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


@router.post("/register", response={201: RegisterEntryOut})
def add_deviation(request: Request, body: DeviationIn) -> Any:
    """Enter a deviation from common practice, with its data."""
    actor = request.actor
    wanted = Deviation(
        team=organisation.team(actor, body.team), title=body.title, practice=body.practice, reason=body.reason,
        data=[one.model_dump() for one in body.data], field=body.field, look_again_on=body.look_again_on,
        entity=catalog.resolve(actor, body.entity) if body.entity else None,
    )  # fmt: skip
    made = actions.deviate(wanted, actor=actor, now=timezone.now())
    return Status(201, entry_out(queries.entry(actor, made.pk)))


@router.get("/register/{id}", response=RegisterEntryOut)
def show_entry(request: Request, id: Id) -> Any:
    """One override, emergency or deviation."""
    return entry_out(queries.entry(request.actor, id))


@router.post("/register/{id}/tell", response=RegisterEntryOut)
def tell_entry(request: Request, id: Id, body: RegisterTellIn) -> Any:
    """Say what happened, or that it is too early."""
    actor, now = request.actor, timezone.now()
    row = queries.entry(actor, id)
    if body.outcome == "later" and body.on is None:
        raise InvalidInput("Say when to look again.", "Give `on`.", {"on": "is missing"})
    with guarded(request, row.entry, lambda: entry_out(queries.entry(actor, id))):
        if body.outcome == "later" and body.on is not None:
            actions.look_later(row.entry, on=body.on, words=body.happened, actor=actor, now=now)
        else:
            actions.tell_what_happened(
                row.entry, outcome=body.outcome, happened=body.happened, actor=actor, now=now
            )  # fmt: skip
    return entry_out(queries.entry(actor, id))
