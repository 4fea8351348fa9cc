"""Roadmaps over HTTP: all at a glance, one planned now, what would slip, and what changes several ranks at once."""

from decimal import Decimal
from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Reason, Word, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.roadmaps import actions, queries
from awayteam.roadmaps.api import schemas, shaping
from awayteam.roadmaps.api.schemas import AtId, AtTeam, Points, Rank, Weeks
from awayteam.roadmaps.models import CapacityNote, Item
from awayteam.roadmaps.permissions import Verb, can
from awayteam.roadmaps.queries import OverviewFilter, Wish

router = Router(tags=["roadmaps"])


def load(request: Request, at: schemas.Named) -> Team:
    return organisation.team(request.actor, f"group:{at.namespace}/{at.name}")


def named(request: Request, word: str) -> Team:
    """The team that a word names: "orders", "group:default/orders"."""
    return organisation.team(request.actor, word if ":" in word else f"group:{word}")


class OverviewQuery(Paging):
    text: Word = Field("", description="part of a team's name")
    unit: Word = Field("", description="reference of a unit above")
    show: Annotated[str, Field(pattern="^(risk|empty|debt)?$")] = Field(
        "", description="risk: promises at risk; debt: with unranked items; empty: nothing planned"
    )


@router.get("/roadmaps", response=PageOf[schemas.OverviewOut])
def list_roadmaps(request: Request, query: Annotated[OverviewQuery, Query()]) -> Any:
    """Teams by name with what they work on, from stored forecasts."""
    unit = named(request, query.unit).pk if query.unit else None
    page = queries.overview(
        request.actor, OverviewFilter(query.text, unit, query.show), cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [shaping.overview_of(row) for row in page.items])


@router.get("/roadmaps/{namespace}/{name}", response=schemas.RoadmapOut)
def get_roadmap(request: Request, at: AtTeam) -> Any:
    """A team's roadmap, planned now."""
    return answer(request, load(request, at))


def answer(request: Request, team: Team) -> schemas.RoadmapOut:
    """What GET answers, exactly, so that its ETag can be compared."""
    return schemas.RoadmapOut(**shaping.roadmap_of(queries.roadmap(request.actor, team, timezone.now())))


class WishQuery(Schema):
    effort: Weeks | None = Field(None, description="team-weeks of something new; with low and high")
    low: Weeks | None = None
    high: Weeks | None = None
    value: Points = Decimal(0)

    def wish(self) -> Wish | None:
        if self.effort is None:
            return None
        low, high = self.low or self.effort, self.high or self.effort
        return Wish("something new", (low, self.effort, high), self.value)


class TrialQuery(WishQuery):
    item: Id | None = Field(None, description="an open item of the team; or else `effort` of something new")
    rank: Rank | None = Field(None, description="left out with an item: what if it were dropped")


@router.get("/roadmaps/{namespace}/{name}/what-if", response=schemas.TrialOut)
def try_rank(request: Request, at: AtTeam, query: Annotated[TrialQuery, Query()]) -> Any:
    """What slips if an item, or something new, gets a rank. Nothing is saved."""
    wish = query.wish()
    if (wish is None) == (query.item is None):
        raise InvalidInput("Say what is to be tried.", "Give either `item` or `effort`.", {"item": "or effort"})
    trial = queries.try_rank(
        request.actor, load(request, at), timezone.now(), rank=query.rank, item=query.item, wish=wish
    )
    return shaping.trial_of(trial)


@router.get("/roadmaps/{namespace}/{name}/ranks", response=list[schemas.OptionOut])
def try_each_rank(request: Request, at: AtTeam, query: Annotated[WishQuery, Query()]) -> Any:
    """Something new at each rank: when it would be done, and what slips."""
    wish = query.wish()
    if wish is None:
        raise InvalidInput("Say how much work it is.", "Give `effort` in team-weeks.", {"effort": "missing"})
    return [shaping.option_of(one) for one in queries.each_rank(request.actor, load(request, at), wish, timezone.now())]


@router.post("/roadmaps/{namespace}/{name}/reshuffle", response=schemas.RoadmapOut)
def reshuffle_roadmap(request: Request, at: AtTeam, body: schemas.ReshuffleIn) -> Any:
    """Give several items other ranks, or drop them, as one change; `If-Match` compares the whole roadmap."""
    team = load(request, at)
    can(request.actor, Verb.RANK, team).require()
    with transaction.atomic(), guarded(request, team, lambda: answer(request, team)):
        rows = Item.objects.select_related("team").in_bulk([one.item for one in body.changes])
        foreign = [one.item for one in body.changes if one.item not in rows or rows[one.item].team_id != team.pk]
        if foreign:
            raise NotFound(f"{team} has no item {foreign[0]}.", "Name items of this roadmap.")
        actions.reshuffle(
            actor=request.actor, now=timezone.now(), reason=body.reason, version=body.version,
            changes=[(rows[one.item], one.rank) for one in body.changes],
        )  # fmt: skip
        return answer(request, team)


@router.get("/roadmaps/{namespace}/{name}/capacity-notes", response=list[schemas.NoteOut])
def list_capacity_notes(request: Request, at: AtTeam) -> Any:
    """Notes about when the team can do more or less, the newest first."""
    rows = CapacityNote.objects.filter(team=load(request, at)).order_by("-pk")[:200]
    return [shaping.note_of(row) for row in rows]


@router.post("/roadmaps/{namespace}/{name}/capacity-notes", response={201: schemas.NoteOut})
def note_capacity(request: Request, at: AtTeam, body: schemas.NoteIn) -> Any:
    """Say that the team has a share of its time, or a number of people, for some days."""
    given = body.dict()
    made, _ = actions.note_capacity(actor=request.actor, now=timezone.now(), team=load(request, at), **given)
    return Status(201, shaping.note_of(made))


class ReasonQuery(Schema):
    reason: Reason


@router.delete("/capacity-notes/{id}", response={204: None})
def remove_capacity_note(request: Request, at: AtId, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a note back."""
    note = CapacityNote.objects.select_related("team").filter(pk=at.id).first()
    if note is None:
        raise NotFound("There is no such note.")
    actions.remove_note(actor=request.actor, now=timezone.now(), note=note, reason=query.reason)
    return Status(204, None)
