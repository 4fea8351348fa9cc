"""Shapes of changes and verdicts in the API. A verdict has the form of `plain.as_json`, everywhere."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from awayteam.gate import served
from awayteam.gate.change import Check, Said
from awayteam.gate.models import Change, ChangeReview, Judgement, Passage
from awayteam.gate.queries.pages import ChangeRow
from awayteam.kernel.rest import Body, Id, Moment, Paging, Reason, Word

Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
MaybeCommit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")]
Somebody = Annotated[
    str, StringConstraints(max_length=300), Field(description="a reference, a login or an address; may be unknown")
]
Path = Annotated[str, StringConstraints(min_length=1, max_length=4_096, pattern=r"^[^\x00]+$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
MOST_SAID = 500
"""Reviews, checks and people of one change. Paths are bounded by the size of the body."""


class GateReasonOut(Schema):
    rule: str
    passes: bool
    says: str


class GateNeedOut(Schema):
    """`count` more words of these; `until` when their time is over, null where no clock runs."""

    rule: str
    says: str
    count: int
    people: list[str]
    teams: list[str]
    else_: list[str] = Field(alias="else", description="who could unblock it in their place")
    until: str | None
    address: str


class GateSectionOut(Schema):
    """Paths that the same rule decides about. Names that are no text are quoted as git does it."""

    paths: list[str]
    rule: str
    owners: list[str]
    standing: str
    outcome: str
    engagement: int
    reasons: list[GateReasonOut]
    needs: list[GateNeedOut]


class GateVerdictOut(Schema):
    """`outcome`: allowed, waiting or denied; `until`: when a verdict that allows ends by itself."""

    outcome: str
    allowed: bool
    repository: str
    head: str
    at: str
    until: str | None
    rulebook: str
    reasons: list[GateReasonOut]
    needs: list[GateNeedOut]
    sections: list[GateSectionOut]


class GateAnswerOut(Schema):
    """`title` is the verdict in one line, `text` all of it for a terminal; `suppose` is what was supposed."""

    verdict: GateVerdictOut
    title: str
    text: str
    suppose: list[str]


class ChangeParty(Schema):
    ref: str
    label: str


class ChangeOut(Schema):
    """`says` is the last verdict in one line; `due_at` when its first clock runs out; `home` owns most of the paths."""

    id: int
    origin: str
    repository: str
    key: str
    url: str
    title: str
    state: str
    way: str
    outcome: str
    says: str
    author: ChangeParty
    home: ChangeParty | None
    base_ref: str
    base: str
    head: str
    is_draft: bool
    from_fork: bool
    opened_at: datetime
    pushed_at: datetime
    first_reviewed_at: datetime | None
    review_minutes: int | None
    merged_at: datetime | None
    closed_at: datetime | None
    judged_at: datetime | None
    due_at: datetime | None


class ChangeReviewOut(Schema):
    by: ChangeParty
    said: str
    commit: str
    at: datetime


class ChangeCheckOut(Schema):
    name: str
    passed: bool | None


class JudgementOut(Schema):
    """One verdict of the past: a row for each that came out differently."""

    id: int
    head: str
    outcome: str
    cause: str
    rulebook: str
    at: datetime


class PassageOut(Schema):
    """An emergency; `entry` is its number in the public register."""

    head: str
    by: str
    reason: str
    at: datetime
    until: datetime
    entry: int


class ChangeDetail(ChangeOut):
    """`verdict` is the last one, null before the first; `history` the newest first."""

    paths: list[str]
    hands: list[ChangeParty]
    checks: list[ChangeCheckOut]
    reviews: list[ChangeReviewOut]
    verdict: GateVerdictOut | None
    history: list[JudgementOut]
    passages: list[PassageOut]
    may_pass: bool = Field(description="whether the caller may let it in as an emergency now")


class ChangesQuery(Paging):
    """`home`: teams whose code it is; `by`: teams of the author; `team`: either; `mine`: word or made."""

    state: Literal["open", "merged", "closed", "all"] = "open"
    outcome: list[Literal["allowed", "waiting", "denied"]] = Field([], max_length=3)
    repository: list[Word] = Field([], max_length=50)
    home: list[Word] = Field([], max_length=50)
    by: list[Word] = Field([], max_length=50)
    team: list[Word] = Field([], max_length=50)
    engagement: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    mine: Literal["", "word", "made"] = ""
    q: Annotated[Word, Field(max_length=200)] = ""
    sort: Annotated[Word, Field(max_length=30)] = "age"


class GateSaidIn(Body):
    """A review; `commit` is the head where not said."""

    person: Somebody
    said: Literal["approved", "changes-requested", "commented", "dismissed"] = "approved"
    commit: Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]*$")] = ""

    def word(self) -> served.Word:
        return served.Word(self.person, Said(self.said), self.commit)


class GateCheckIn(Body):
    """`passed` is null while it runs."""

    name: Key
    passed: bool | None

    def check(self) -> Check:
        return Check(self.name, self.passed)


Suppose = Annotated[
    list[Annotated[str, StringConstraints(max_length=450)]],
    Field(max_length=20, description="approved:PERSON, extended:ENGAGEMENT:DAY, signed:ENGAGEMENT, met:ENGAGEMENT, "
          "green:CHECK"),
]  # fmt: skip
RuleFiles = (
    Annotated[
        dict[Path, Annotated[str, StringConstraints(max_length=500_000)]],
        Field(max_length=500, description="rule files of the base; only where its repository isn't followed here"),
    ]
    | None
)


class GateIn(Body):
    """`paths` may be left out where the repository is followed and its clone has both commits. `base` is empty where
    there is nothing before."""

    repository: Key
    base: MaybeCommit = ""
    head: Commit
    author: Somebody
    bot: bool = False
    paths: list[Path] | None = None
    hands: Annotated[list[Somebody], Field(max_length=MOST_SAID)] = []
    approvals: Annotated[list[GateSaidIn], Field(max_length=MOST_SAID)] = []
    checks: Annotated[list[GateCheckIn], Field(max_length=MOST_SAID)] = []
    way: Literal["merge", "push"] = "merge"
    url: Annotated[Word, Field(max_length=1_000)] = ""
    suppose: Suppose = []
    rule_files: RuleFiles = None


class ChangeTellIn(Body):
    """A change as its origin knows it at `at`; told again with every news. `origin` is a word of your own, `key` your
    id of the change there; only the account that told of it first tells of it again."""

    origin: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,90}$")]
    key: Key
    repository: Key
    name: Annotated[Word, Field(max_length=200, description="what people call it: #12, a branch")] = ""
    url: Annotated[Word, Field(max_length=1_000)] = ""
    title: Annotated[Word, Field(max_length=300)] = ""
    author: Somebody
    bot: bool = False
    hands: Annotated[list[Somebody], Field(max_length=MOST_SAID)] = []
    base_ref: Annotated[Word, Field(max_length=300)] = ""
    base: Commit
    head: Commit
    paths: list[Path]
    complete: bool = Field(True, description="false where there are more paths than are named")
    state: Literal["open", "merged", "closed"] = "open"
    draft: bool = False
    from_fork: bool = False
    way: Literal["merge", "push"] = "merge"
    opened_at: Moment | None = None
    at: Moment | None = None
    merged_by: Somebody = ""
    checks: Annotated[list[GateCheckIn], Field(max_length=MOST_SAID)] | None = None
    rule_files: RuleFiles = None


class ChangeReviewIn(GateSaidIn):
    """`key` is your own id of the review: a later word under it comes in its place."""

    key: Key
    at: Moment | None = None


class ChangeReviewsIn(Body):
    reviews: Annotated[list[ChangeReviewIn], Field(min_length=1, max_length=MOST_SAID)]


class ChangeEmergencyIn(Body):
    """`head` is the commit that you saw; refused where the change moved on."""

    reason: Reason
    head: Commit


class ChangeAt(Schema):
    id: Id


class ExplainQuery(Schema):
    suppose: Suppose = Field([], max_length=20)


def change_of(row: ChangeRow) -> dict[str, object]:
    """A line of the list."""
    one = row.change
    home, author = one.home_team, one.author
    return {
        "id": one.pk, "origin": one.origin, "repository": one.repository, "key": one.key, "url": one.url,
        "title": one.title, "state": one.state, "way": one.way, "outcome": one.outcome, "says": one.says,
        "author": {"ref": author.ref if author is not None else "", "label": one.author_label},
        "home": {"ref": home.ref, "label": str(home)} if home is not None else None,
        "base_ref": one.base_ref, "base": one.base, "head": one.head, "is_draft": one.is_draft,
        "from_fork": one.from_fork, "opened_at": one.opened_at, "pushed_at": one.pushed_at,
        "first_reviewed_at": one.first_reviewed_at, "review_minutes": row.review_minutes, "merged_at": one.merged_at,
        "closed_at": one.closed_at, "judged_at": one.judged_at, "due_at": one.due_at,
    }  # fmt: skip


def review_of(one: ChangeReview) -> dict[str, object]:
    ref = one.person.ref if one.person is not None else ""
    return {"by": {"ref": ref, "label": one.label}, "said": one.said, "commit": one.commit, "at": one.at}


def judgement_of(one: Judgement) -> dict[str, object]:
    return {
        "id": one.pk, "head": one.head, "outcome": one.outcome, "cause": one.cause, "rulebook": one.rulebook,
        "at": one.at,
    }  # fmt: skip


def passage_of(one: Passage) -> dict[str, object]:
    return {
        "head": one.head, "by": one.label, "reason": one.reason, "at": one.at, "until": one.until,
        "entry": one.entry_id,
    }  # fmt: skip


def hands_of(change: Change) -> list[dict[str, object]]:
    return [{"ref": one["person"], "label": one["label"]} for one in change.hands]
