"""What goes in and out of the away map's addresses."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from awayteam.contributions.queries import Choice
from awayteam.kernel.rest import Id, Paging, Reason, Word


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


class MergeLatencyOut(Schema):
    """`unknown`: commits that look like squashed pull requests, whose branches' beginnings git doesn't know."""

    branches: int
    median_hours: float | None
    unknown: int


class OriginOut(Schema):
    origin: SideOut
    commits: int


class AreaDetailOut(AreaOut):
    knowers: list[KnowerOut]
    origins: list[OriginOut]
    home_latency: MergeLatencyOut
    away_latency: MergeLatencyOut


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


class AreasQuery(WindowPage):
    sort: Literal["commits", "home", "away", "authors", "top_share"] = "commits"
    known_by_one: bool = False
    owner: Annotated[Word, Field(max_length=20, description="key of a side")] = ""


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
    folder: Id | None = None


class AuthorsQuery(Paging):
    kind: Literal["", "unresolved", "outsider", "member", "member without team", "bot"] = "unresolved"
    text: Annotated[Word, Field(max_length=200)] = ""
    guesses: bool = False
