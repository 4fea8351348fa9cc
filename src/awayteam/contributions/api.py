"""The away map over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.contributions import actions, queries
from awayteam.contributions.models import Correction, Repository
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.queries.flows import Side
from awayteam.contributions.rules import DEFINITIONS
from awayteam.imports.actions import shown
from awayteam.kernel import rulebook
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Reason, Word, page_of

router = Router(tags=["contributions"])


class WindowQuery(Schema):
    """The window, whose rules and teams count, and by what flows are summed."""

    since: Annotated[Word, Field(max_length=40, description="12mo, 2y, 6w, 90d, a date, or all")] = "12mo"
    until: Annotated[Word, Field(max_length=40, description="a date; empty: each repository's newest commit")] = ""
    as_of: Literal["", "commit", "head"] = ""
    by: Literal["team", "unit"] = "team"
    repository: Id | None = None

    def choice(self) -> Choice:
        return Choice(self.since, self.until, self.as_of, self.by, self.repository)


class WindowPage(WindowQuery, Paging):
    pass


class SideOut(Schema):
    """A team, a unit, or a name that stands for no single team (`ref` is empty). `key` is what filters take."""

    key: str
    label: str
    ref: str


class FlowOut(Schema):
    origin: SideOut
    target: SideOut
    commits: int
    files: int


class WindowOut(Schema):
    """Times of the earliest start (null: the first commit) and the latest end of all repositories' windows."""

    start: str | None
    end: str | None
    repositories: int
    unread: int
    as_of: str


class MapOut(Schema):
    """`differing`: commits that the other reading of `as_of` would class otherwise."""

    definitions: dict[str, str]
    window: WindowOut
    commits: dict[str, int]
    classes: dict[str, int]
    members_only: dict[str, int]
    authors: dict[str, int]
    away_share: float | None
    differing: int
    flows: list[FlowOut]


class AreaOut(Schema):
    id: int
    repository: str
    area: str
    owner: SideOut
    owners: list[str]
    rule: str
    commits: int
    home: int
    away: int
    authors: int
    top_author_share: float
    known_by_one: bool


class KnowerOut(Schema):
    person: str
    label: str
    commits: int
    share: float
    last: datetime | None


class LatencyOut(Schema):
    branches: int
    median_hours: float | None


class OriginOut(Schema):
    origin: SideOut
    commits: int


class AreaDetailOut(AreaOut):
    knowers: list[KnowerOut]
    origins: list[OriginOut]
    home_latency: LatencyOut
    away_latency: LatencyOut


class BelongingOut(Schema):
    area_id: int
    repository: str
    area: str
    owner: SideOut
    candidate: SideOut
    commits: int
    of: int
    share: float


class CommitOut(Schema):
    repository: str
    commit: str
    at: datetime | None
    subject: str
    author: str
    person: str
    stands: str
    origin: SideOut | None
    files: int


class AuthorOut(Schema):
    """`correction` is the id of the one in force."""

    id: int
    name: str
    email: str
    commits: int
    kind: str
    person: str
    login: str
    method: str
    evidence: str
    guess: bool
    correction: int | None


class CorrectionIn(Schema):
    """`person` is a reference, handle, address or name; only where `says` is "person"."""

    author: Id
    says: Literal["person", "bot", "outsider"]
    person: Annotated[Word, Field(max_length=300)] = ""
    reason: Reason


class CorrectionOut(Schema):
    id: int
    author: int
    author_name: str
    says: str
    person: str
    reason: str
    made_by: str
    made_at: datetime


class ContradictionOut(Schema):
    entity: str
    catalog_owner: str
    rule_owners: list[str]
    rule: str
    repository: str
    folder: str


class RepositoryIn(Schema):
    location: Annotated[Word, Field(min_length=1, max_length=4_000)]
    name: Annotated[Word, Field(max_length=200)] = ""
    ref: Annotated[Word, Field(max_length=200)] = ""


class RepositoryOut(Schema):
    id: int
    name: str
    location: str
    ref: str
    slug: str
    state: str
    commits: int
    commit: str
    rules: str
    notes: list[str]
    error: str
    read_at: datetime | None


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


class AreasQuery(WindowPage):
    sort: Literal["commits", "home", "away", "authors", "top_share"] = "commits"
    known_by_one: bool = False
    owner: Annotated[Word, Field(max_length=20, description="key of a side")] = ""


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
        home_latency=LatencyOut(branches=home.branches, median_hours=home.hours),
        away_latency=LatencyOut(branches=away.branches, median_hours=away.hours),
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


class CommitsQuery(WindowPage):
    """Together the conditions say which number's commits are wanted."""

    stands: Annotated[Word, Field(max_length=20, description="home, away, mixed, unowned, counted, bot, ...")] = ""
    origin: Annotated[Word, Field(max_length=20, description="key of a side")] = ""
    target: Annotated[Word, Field(max_length=20, description="key of a side")] = ""
    kind: Annotated[Word, Field(max_length=30, description="class of the author")] = ""
    author: Id | None = None
    area: Id | None = None
    at_home: Literal["", "yes", "no"] = ""
    differing: bool = False


@router.get("/commits", response=PageOf[CommitOut])
def list_commits(request: Request, query: Annotated[CommitsQuery, Query()]) -> Any:
    """The commits behind a number, newest first."""
    which = CommitFilter(
        query.stands, query.origin, query.target, query.kind, "", query.author, query.area, query.at_home,
        query.differing,
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


class AuthorsQuery(Paging):
    kind: Literal["", "unresolved", "outsider", "member", "member without team", "bot"] = "unresolved"
    text: Annotated[Word, Field(max_length=200)] = ""
    guesses: bool = False


@router.get("/authors", response=PageOf[AuthorOut])
def list_authors(request: Request, query: Annotated[AuthorsQuery, Query()]) -> Any:
    """Authors of one class (the unresolved, unless asked otherwise), those with most commits first."""
    page = queries.authors(
        request.actor,
        kind=query.kind,
        text=query.text,
        guesses=query.guesses,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(page, [_author(row) for row in page.items])


def _author(row: queries.AuthorRow) -> AuthorOut:
    one = row.author
    return AuthorOut(
        id=one.pk,
        name=one.name,
        email=one.email,
        commits=row.commits,
        kind=one.kind,
        person=one.person.ref if one.person else "",
        login=one.login,
        method=one.method,
        evidence=one.evidence,
        guess=one.is_guess,
        correction=row.correction.pk if row.correction else None,
    )


@router.get("/corrections", response=list[CorrectionOut])
def list_corrections(request: Request) -> Any:
    """Corrections in force, the latest first."""
    return [_correction(one) for one in queries.corrections(request.actor)]


@router.post("/corrections", response={201: CorrectionOut})
def correct_author(request: Request, body: CorrectionIn) -> Any:
    """Say who an author is; commits are classed anew at once. Administrators, leads and managers."""
    author = queries.author(request.actor, body.author)
    can(request.actor, Verb.CORRECT).require()
    made = actions.correct(
        actor=request.actor,
        now=timezone.now(),
        author=author,
        says=Correction.Says(body.says),
        person=queries.person_named(body.person.strip()) if body.says == "person" else None,
        reason=body.reason,
    )
    return Status(201, _correction(made))


@router.delete("/corrections/{correction_id}", response={204: None})
def withdraw_correction(request: Request, correction_id: Id) -> Any:
    """Undo a correction; the software's own finding counts again."""
    found = queries.correction(request.actor, correction_id)
    actions.withdraw(actor=request.actor, now=timezone.now(), correction=found)
    return Status(204, None)


def _correction(one: Correction) -> CorrectionOut:
    return CorrectionOut(
        id=one.pk,
        author=one.author_id,
        author_name=str(one.author),
        says=str(one.says),
        person=one.person.ref if one.person else "",
        reason=one.reason,
        made_by=one.made_by_label,
        made_at=one.made_at,
    )


@router.get("/contradictions", response=list[ContradictionOut])
def list_contradictions(request: Request) -> Any:
    """Entities whose owner in the catalog isn't among the owners that the rules give their code."""
    return [
        ContradictionOut(
            entity=one.entity.ref,
            catalog_owner=one.entity.owner.ref if one.entity.owner else "",
            rule_owners=one.rule_owners,
            rule=one.rule,
            repository=one.repository.name,
            folder=one.folder,
        )
        for one in queries.contradictions(request.actor)
    ]


@router.get("/repositories", response=list[RepositoryOut])
def list_repositories(request: Request) -> Any:
    """The repositories that are followed and that the actor may see, by name."""
    return [_repository(row) for row in queries.repositories(request.actor)]


@router.post("/repositories", response={201: RepositoryOut})
def follow_repository(request: Request, body: RepositoryIn) -> Any:
    """Follow a repository; the worker reads it in a moment. Administrators."""
    made = actions.follow(body.location, actor=request.actor, now=timezone.now(), name=body.name, ref=body.ref)
    return Status(201, _repository(_row(made)))


@router.post("/repositories/{repository_id}/refresh", response={202: RepositoryOut})
def refresh_repository(request: Request, repository_id: Id) -> Any:
    """Ask the worker to read it now. Administrators."""
    found = queries.repository(request.actor, repository_id)
    actions.request_refresh(found, actor=request.actor, now=timezone.now())
    found.refresh_from_db()
    return Status(202, _repository(_row(found)))


@router.delete("/repositories/{repository_id}", response={204: None})
def unfollow_repository(request: Request, repository_id: Id) -> Any:
    """Stop following a repository and forget its commits. Administrators."""
    found = queries.repository(request.actor, repository_id)
    actions.unfollow(found, actor=request.actor, now=timezone.now(), wait_seconds=5)
    return Status(204, None)


def _row(repository: Repository) -> queries.RepositoryRow:
    return queries.RepositoryRow(repository, repository.commits.count())


def _repository(row: queries.RepositoryRow) -> RepositoryOut:
    one = row.repository
    return RepositoryOut(
        id=one.pk,
        name=one.name,
        location=shown(one.location),
        ref=one.ref,
        slug=one.slug,
        state=row.state,
        commits=row.commits,
        commit=one.tip,
        rules=one.rule_file,
        notes=one.notes,
        error=one.last_error,
        read_at=one.last_success_at,
    )
