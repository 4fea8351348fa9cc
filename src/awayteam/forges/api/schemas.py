"""Shapes of forges in the REST interface. No secret is in any of them, but for one that was made just now."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from awayteam.forges.latency import Spread
from awayteam.forges.models import ForgeAccount, ForgeRepository
from awayteam.forges.port import ForgeKind
from awayteam.forges.queries import AccountRow, DeadRow, DeliveryRow, ForgeRow, LatencyRow
from awayteam.kernel.rest import Body, Name, Paging, Text, Word

NO_REASON = Annotated[Text, Field(max_length=2_000)]
SettingName = Annotated[str, Field(min_length=1, max_length=60)]
SettingValue = Annotated[str, Field(max_length=20_000)]


class SettingOut(Schema):
    """A field of the form that sets a forge up."""

    name: str
    title: str
    help: str
    is_secret: bool
    is_required: bool


class ForgeKindOut(Schema):
    """A kind of forge that can be set up."""

    kind: str
    title: str
    default_address: str
    settings: list[SettingOut]


def kind_of(kind: ForgeKind) -> ForgeKindOut:
    return ForgeKindOut(
        kind=kind.kind, title=kind.title, default_address=kind.default_address,
        settings=[SettingOut(name=one.name, title=one.title, help=one.help, is_secret=one.is_secret,
                             is_required=one.is_required) for one in kind.settings],
    )  # fmt: skip


class ForgeOut(Schema):
    """A forge and how it does. `hook` is the address that it delivers to; `dead` counts what was given up."""

    id: int
    name: str
    kind: str
    title: str
    address: str
    state: str
    hook: str
    health: str
    says: str
    repositories: int
    open_changes: int
    unlinked: int
    waiting: int
    dead: int
    created_at: datetime
    last_delivery_at: datetime | None
    last_answer_at: datetime | None
    last_error_at: datetime | None
    rate_limit: int | None
    rate_remaining: int | None
    rate_resets_at: datetime | None
    skew_seconds: float | None


def forge_of(row: ForgeRow) -> ForgeOut:
    one = row.forge
    return ForgeOut(
        id=one.pk, name=one.name, kind=one.kind, title=row.title, address=one.address, state=one.state, hook=row.hook,
        health=row.health.word, says=row.health.says, repositories=row.repositories, open_changes=row.open_changes,
        unlinked=row.unlinked, waiting=row.waiting, dead=row.dead, created_at=one.created_at,
        last_delivery_at=one.last_delivery_at, last_answer_at=one.last_answer_at, last_error_at=one.last_error_at,
        rate_limit=one.rate_limit, rate_remaining=one.rate_remaining, rate_resets_at=one.rate_resets_at,
        skew_seconds=one.skew_seconds,
    )  # fmt: skip


class NewForgeOut(ForgeOut):
    webhook_secret: str = Field(description="made here where none was given; shown this once, else empty")


class ForgeIn(Body):
    kind: Word
    name: Name
    address: Word = ""
    settings: Annotated[dict[SettingName, SettingValue], Field(max_length=40)] = {}
    allow_private: bool = Field(False, description="whether the address may be loopback or private")
    reason: NO_REASON = ""


class ForgeChangeIn(Body):
    """What is left out stays as it is; an empty secret too."""

    settings: Annotated[dict[SettingName, SettingValue], Field(max_length=40)] | None = None
    allow_private: bool | None = None
    active: bool | None = None
    reason: NO_REASON = ""


class ForgeFindingOut(Schema):
    passes: bool
    says: str


class ForgeRepositoryOut(Schema):
    """A repository on a forge. `id` is the forge's own; `name` is what agreements call it."""

    id: str
    slug: str
    url: str
    name: str
    followed: str | None
    first_seen_at: datetime
    polled_at: datetime | None
    gone_at: datetime | None
    last_error: str


def repository_of(row: ForgeRepository, name: str) -> ForgeRepositoryOut:
    return ForgeRepositoryOut(
        id=row.external_id, slug=row.slug, url=row.url, name=name,
        followed=row.repository.name if row.repository is not None else None, first_seen_at=row.first_seen_at,
        polled_at=row.polled_at, gone_at=row.gone_at, last_error=row.last_error,
    )  # fmt: skip


class ForgeAccountOut(Schema):
    """Somebody on a forge. `id` is the forge's own and never changes; `how` says how we know whose it is."""

    id: str
    login: str
    is_bot: bool
    person: str | None
    how: str
    says: str
    seen: int
    first_seen_at: datetime
    linked_at: datetime | None


def account_of(row: AccountRow) -> ForgeAccountOut:
    one: ForgeAccount = row.account
    return ForgeAccountOut(
        id=one.external_id, login=one.login, is_bot=one.is_bot, person=one.person.ref if one.person else None,
        how=one.linked_by, says=row.says, seen=one.seen, first_seen_at=one.first_seen_at, linked_at=one.linked_at,
    )  # fmt: skip


class ForgeAccountLinkIn(Body):
    """`person` null takes the link away; no handle brings it back."""

    account: Word = Field(description="the forge's id of the account, or its login now")
    person: Word | None = Field(description="reference of the person")
    reason: NO_REASON = ""


class ForgeAccountsQuery(Paging):
    unlinked: bool = False


class ForgeDeliveryOut(Schema):
    """A delivery without its body."""

    id: int
    delivery_id: str
    kind: str
    state: str
    attempts: int
    received_at: datetime
    next_at: datetime
    done_at: datetime | None
    last_error: str


def delivery_of(row: DeliveryRow) -> ForgeDeliveryOut:
    return ForgeDeliveryOut(
        id=row.pk, delivery_id=row.id, kind=row.kind, state=row.state, attempts=row.attempts,
        received_at=row.received_at, next_at=row.next_at, done_at=row.done_at, last_error=row.last_error,
    )  # fmt: skip


class ForgeDeliveriesQuery(Paging):
    state: Word = Field("", description="waiting, done or dead")


class ForgeDeadOut(Schema):
    """Something that was given up: a delivery, a change, or a message (retried at /outbox)."""

    what: str
    id: int
    label: str
    attempts: int
    at: datetime
    last_error: str


def dead_of(row: DeadRow) -> ForgeDeadOut:
    return ForgeDeadOut(
        what=row.what, id=row.pk, label=row.label, attempts=row.attempts, at=row.at, last_error=row.last_error
    )


class ForgeRetryIn(Body):
    reason: NO_REASON = ""


class ForgeSpreadOut(Schema):
    """Working minutes of the home team; null where nothing was measured."""

    count: int
    median_minutes: int | None
    p90_minutes: int | None


def spread_of(spread: Spread) -> ForgeSpreadOut:
    return ForgeSpreadOut(count=spread.count, median_minutes=spread.median, p90_minutes=spread.p90)


class ForgeLatencyOut(Schema):
    """How fast a home team looks at changes on forges: until the first review, and of each round."""

    team: str
    label: str
    first: ForgeSpreadOut
    rounds: ForgeSpreadOut
    changes: int
    unanswered: int


def latency_of(row: LatencyRow) -> ForgeLatencyOut:
    return ForgeLatencyOut(
        team=row.team.ref, label=str(row.team), first=spread_of(row.first), rounds=spread_of(row.rounds),
        changes=row.changes, unanswered=row.unanswered,
    )  # fmt: skip


class ForgeLatencyQuery(Schema):
    days: Annotated[int, Field(ge=1, le=3650)] = 90
    team: Word = Field("", description="reference of one home team")
