"""Items of roadmaps over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Query, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Word, guarded, page_of
from awayteam.roadmaps import actions, queries, reading
from awayteam.roadmaps.api import schemas, shaping
from awayteam.roadmaps.api.roadmaps import ReasonQuery, named, router
from awayteam.roadmaps.api.schemas import AtId, ItemDetail, ItemOut
from awayteam.roadmaps.models import Goal, Item
from awayteam.roadmaps.permissions import Verb, can
from awayteam.roadmaps.queries import ItemFilter

Words = Annotated[list[Word], Field(max_length=20)]


class ItemsQuery(Paging):
    team: Word = ""
    state: Words = Field(default_factory=list, description="planned, started, done, dropped, or open")
    kind: Words = []
    goal: Id | None = None
    text: Word = ""


@router.get("/roadmap-items", response=PageOf[ItemOut])
def list_items(request: Request, query: Annotated[ItemsQuery, Query()]) -> Any:
    """Items of all roadmaps by number."""
    wanted = ItemFilter(
        team=named(request, query.team) if query.team else None, states=tuple(query.state), kinds=tuple(query.kind),
        goal=query.goal, text=query.text,
    )  # fmt: skip
    page = queries.items(request.actor, wanted, cursor=query.cursor, limit=query.limit)
    return page_of(page, [shaping.item_of(row) for row in page.items])


@router.post("/roadmap-items", response={201: ItemDetail})
def place_item(request: Request, body: schemas.ItemIn) -> Any:
    """Put an item on a team's roadmap."""
    likely = body.effort_likely
    made = actions.place(
        actor=request.actor, now=timezone.now(), team=named(request, body.team), title=body.title, kind=body.kind,
        description=body.description, goal=goal_of(request, body.goal), promised=body.promised_on, rank=body.rank,
        effort=(body.effort_low or likely, likely, body.effort_high or likely), value_per_week=body.value_per_week,
        external_key=body.key, reason=body.reason,
    )  # fmt: skip
    return Status(201, detail(request, made.item.pk))


def goal_of(request: Request, id: int | None) -> Goal | None:
    return None if id is None else queries.goal(request.actor, id)


def detail(request: Request, id: int) -> ItemDetail:
    """What GET answers, exactly, so that its ETag can be compared."""
    return ItemDetail(**shaping.item_detail(queries.item(request.actor, id)))


@router.get("/roadmap-items/{id}", response=ItemDetail)
def get_item(request: Request, at: AtId) -> Any:
    """One item with what it needs and what needs it."""
    return detail(request, at.id)


def _act(request: Request, id: int, action: Callable[..., Any], **values: Any) -> Any:
    """Run an action on the item, held while `If-Match` is compared, and answer with the item then."""
    row = queries.item(request.actor, id)
    with transaction.atomic(), guarded(request, row, lambda: detail(request, id)):
        action(actor=request.actor, now=timezone.now(), item=row, **values)
        return detail(request, id)


@router.patch("/roadmap-items/{id}", response=ItemDetail)
def edit_item(request: Request, at: AtId, body: schemas.ItemPatch) -> Any:
    """Set facts, effort and value of an item; all of them or, where one is refused, none."""
    return _act(request, at.id, _edit, body=body, http=request)


def _edit(*, actor: Any, now: Any, item: Item, body: schemas.ItemPatch, http: Request) -> None:
    given = body.model_fields_set - {"reason"}
    facts = {name: getattr(body, name) for name in sorted(given & {"title", "description", "kind", "promised_on"})}
    if "goal" in given:
        facts["goal"] = goal_of(http, body.goal)
    common: dict[str, Any] = {"actor": actor, "now": now, "item": item, "reason": body.reason}
    names = ("effort_low", "effort_likely", "effort_high")
    effort: list[Decimal] = [getattr(body, name) or getattr(item, name) for name in names]
    if not given:
        raise InvalidInput("Nothing is to be changed.", "Name at least one fact besides the reason.")
    if facts:
        actions.edit(fields=facts, **common)
    if given & set(names):
        actions.reestimate(effort=(effort[0], effort[1], effort[2]), **common)
    if body.value_per_week is not None:
        actions.revalue(value_per_week=body.value_per_week, **common)


@router.post("/roadmap-items/{id}/rank", response=ItemDetail)
def rank_item(request: Request, at: AtId, body: schemas.RankIn) -> Any:
    """Give an item another rank; those between move by one."""
    return _act(request, at.id, actions.move, rank=body.rank, reason=body.reason, version=body.version)


@router.post("/roadmap-items/{id}/start", response=ItemDetail)
def start_item(request: Request, at: AtId, body: schemas.Versioned) -> Any:
    """Work on it begins."""
    return _act(request, at.id, actions.start, reason=body.reason, version=body.version)


@router.post("/roadmap-items/{id}/finish", response=ItemDetail)
def finish_item(request: Request, at: AtId, body: schemas.FinishIn) -> Any:
    """It is done; the real effort is counted from the calendar unless it is given."""
    return _act(request, at.id, actions.finish, real_effort=body.real_effort, reason=body.reason, version=body.version)


@router.post("/roadmap-items/{id}/drop", response=ItemDetail)
def drop_item(request: Request, at: AtId, body: schemas.Versioned) -> Any:
    """It is given up."""
    return _act(request, at.id, actions.drop, reason=body.reason, version=body.version)


@router.post("/roadmap-items/{id}/needs", response=ItemDetail)
def add_need(request: Request, at: AtId, body: schemas.NeedIn) -> Any:
    """Say that it can't start before another item is done."""
    other = _other(request, at.id, body.needs)
    return _act(request, at.id, actions.depend, needs=other, reason=body.reason, version=body.version)


def _other(request: Request, id: int, needs: int) -> Item:
    """The item at the other end of a need, once it is clear that the actor may tie this one."""
    can(request.actor, Verb.EDIT, queries.item(request.actor, id).team).require()
    return queries.item(request.actor, needs)


@router.delete("/roadmap-items/{id}/needs/{needs}", response=ItemDetail)
def remove_need(request: Request, id: Id, needs: Id, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Say that it no longer waits for that item."""
    return _act(request, id, actions.undepend, needs=_other(request, id, needs), reason=query.reason)


@router.post("/roadmap-imports", response=schemas.ImportOut)
def import_items(request: Request, body: schemas.ImportIn) -> Any:
    """Put the rows of a CSV or JSON file on roadmaps; known keys are changed, bad rows told with line and field."""
    done = actions.import_items(
        actor=request.actor, now=timezone.now(), found=reading.read(body.text.encode()),
        team=named(request, body.team) if body.team else None, reason=body.reason, dry_run=body.dry_run,
    )  # fmt: skip
    return {
        "created": done.created, "updated": done.updated, "unchanged": done.unchanged, "needs": done.needs,
        "errors": [{"line": one.line, "field": one.field, "message": one.message} for one in done.errors],
    }  # fmt: skip
