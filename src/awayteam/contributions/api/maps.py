"""The map, its flows, areas and commits over HTTP."""

from typing import Annotated, Any

from ninja import Query, Router

from awayteam.contributions import queries
from awayteam.contributions.api.schemas import (
    AreaDetailOut,
    AreaOut,
    AreasQuery,
    BelongingOut,
    CommitOut,
    CommitsQuery,
    FlowOut,
    KnowerOut,
    MapOut,
    MergeLatencyOut,
    OriginOut,
    SideOut,
    WindowOut,
    WindowQuery,
)
from awayteam.contributions.queries import CommitFilter
from awayteam.contributions.queries.flows import Side
from awayteam.contributions.rules import DEFINITIONS
from awayteam.kernel import rulebook
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, page_of

router = Router(tags=["contributions"])


def side_of(side: Side) -> SideOut:
    return SideOut(key=side.key, label=side.label, ref=side.ref)


def _flow(row: queries.FlowRow) -> FlowOut:
    return FlowOut(origin=side_of(row.origin), target=side_of(row.target), commits=row.commits, files=row.files)


def _window(scope: queries.Scope) -> WindowOut:
    times = scope.as_json()
    reading = str(scope.reading.label)
    return WindowOut(
        start=times["from"], end=times["to"], repositories=len(scope.windows), unread=scope.unread, as_of=reading
    )


@router.get("/map", response=MapOut)
def get_away_map(request: Request, query: Annotated[WindowQuery, Query()]) -> Any:
    """Classes and flows of what the actor may see, with the definitions by which they were counted."""
    found = queries.away_map(request.actor, query.choice())
    return MapOut(
        definitions=DEFINITIONS,
        window=_window(found.scope),
        commits=found.commits,
        classes=found.classes,
        members_only=found.members_only,
        authors=found.authors,
        away_share=found.away_share,
        differing=found.differing,
        flows=[_flow(row) for row in found.flows],
    )


@router.get("/flows", response=list[FlowOut])
def list_flows(request: Request, query: Annotated[WindowQuery, Query()]) -> Any:
    """Flows alone, the largest first."""
    return [_flow(row) for row in queries.flows(queries.scope(request.actor, query.choice()))]


@router.get("/areas", response=PageOf[AreaOut])
def list_areas(request: Request, query: Annotated[AreasQuery, Query()]) -> Any:
    """Areas that were changed in the window."""
    page = queries.areas(
        request.actor,
        query.choice(),
        rulebook.current().contributions,
        sort=query.sort,
        sole=query.known_by_one,
        owner=query.owner,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(page, [AreaOut(**_area(row)) for row in page.items])


def _area(row: queries.AreaRow) -> dict[str, Any]:
    return {
        "id": row.area.pk,
        "repository": row.area.repository.name,
        "area": row.area.name,
        "owner": side_of(row.owner),
        "owners": row.area.owners,
        "rule": f"{row.area.file}:{row.area.line}",
        "commits": row.commits,
        "home": row.home,
        "away": row.away,
        "authors": row.authors,
        "top_author_share": round(row.top_share, 4),
        "known_by_one": row.is_sole,
    }


@router.get("/areas/{area_id}", response=AreaDetailOut)
def get_area(request: Request, area_id: Id, query: Annotated[WindowQuery, Query()]) -> Any:
    """Who knows an area, whence its changes come, and how fast they land."""
    found = queries.area(request.actor, area_id, query.choice(), rulebook.current().contributions)
    home, away = found.home_latency, found.away_latency
    return AreaDetailOut(
        **_area(found.row),
        knowers=[
            KnowerOut(person=one.ref, label=one.label, commits=one.commits, share=round(one.share, 4), last=one.last)
            for one in found.knowers
        ],
        origins=[OriginOut(origin=side_of(side), commits=commits) for side, commits in found.origins],
        home_latency=MergeLatencyOut(branches=home.branches, median_hours=home.hours, unknown=home.unknown),
        away_latency=MergeLatencyOut(branches=away.branches, median_hours=away.hours, unknown=away.unknown),
    )


@router.get("/belonging", response=list[BelongingOut])
def list_belonging(request: Request, query: Annotated[WindowQuery, Query()]) -> Any:
    """Areas whose commits come mostly from one team that doesn't own them: suggestions."""
    rows = queries.belonging(request.actor, query.choice(), rulebook.current().contributions)
    return [
        BelongingOut(
            area_id=one.area.pk,
            repository=one.area.repository.name,
            area=one.area.name,
            owner=side_of(one.owner),
            candidate=side_of(one.candidate),
            commits=one.commits,
            of=one.of,
            share=round(one.share, 4),
        )
        for one in rows
    ]


@router.get("/commits", response=PageOf[CommitOut])
def list_commits(request: Request, query: Annotated[CommitsQuery, Query()]) -> Any:
    """The commits behind a number, newest first."""
    which = CommitFilter(
        query.stands, query.origin, query.target, query.kind, "", query.author, query.area, query.at_home,
        query.differing, query.folder,
    )  # fmt: skip
    page = queries.commits(request.actor, query.choice(), which, cursor=query.cursor, limit=query.limit)
    return page_of(page, [_commit(row) for row in page.items])


def _commit(row: queries.CommitRow) -> CommitOut:
    return CommitOut(
        repository=row.repository,
        commit=row.sha,
        at=row.at,
        subject=row.subject,
        author=row.author,
        person=row.person_ref,
        stands=row.stands,
        origin=side_of(row.origin) if row.origin else None,
        files=row.files,
    )
