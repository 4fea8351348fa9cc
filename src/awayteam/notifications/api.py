"""Notifications over HTTP: one's own inbox and wishes, what one follows, one's calendar, a team's chat."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Event
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, PageOf, Paging, Text, Word, guarded, page_of
from awayteam.kernel.subjects import seen
from awayteam.notifications import actions, queries
from awayteam.notifications.rules import Channel, Group, Level, When
from awayteam.organisation.queries import team as team_of

router = Router(tags=["notifications"])
Kind = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[a-z][a-z-]*$")]
TimeOfDay = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$", examples=["08:30", ""])]
Address = Annotated[Word, Field(max_length=2_000)]
LooseChannel = Annotated[Channel, Field(strict=False)]
LooseGroup = Annotated[Group, Field(strict=False)]
LooseWhen = Annotated[When, Field(strict=False)]
Day = Annotated[int, Field(ge=0, le=6, description="0 is Monday")]


class NotificationOut(Schema):
    """What somebody was told. `hidden` ones are about what one may not see any more; their texts are empty."""

    id: int
    at: datetime
    event: str
    group: str
    subject_kind: str
    subject_id: int
    subject_label: str
    text: str
    address: str
    urgent: bool
    read_at: datetime | None
    hidden: bool


class NotificationsQuery(Paging):
    state: Literal["unread", "read", "all"] = "unread"
    group: Group | None = None
    kind: Annotated[Word, Field(max_length=30)] = ""


@router.get("", response=PageOf[NotificationOut])
def list_notifications(request: Request, query: Annotated[NotificationsQuery, Query()]) -> Any:
    """One's own notifications, the newest first."""
    found = queries.inbox(
        request.actor,
        state=query.state,
        group=query.group or "",
        kind=query.kind,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(found.page, [notification_of(row) for row in found.page.items])


def notification_of(row: queries.InboxRow) -> NotificationOut:
    it = row.notification
    return NotificationOut(
        id=it.pk,
        at=it.at,
        event=it.event,
        group=it.group,
        subject_kind=it.subject_kind,
        subject_id=it.subject_id,
        subject_label="" if row.hidden else it.subject_label,
        text="" if row.hidden else it.text,
        address="" if row.hidden else it.address,
        urgent=it.urgent,
        read_at=it.read_at,
        hidden=row.hidden,
    )


class MarkIn(Body):
    """`ids`, or `all` (up to the notification `up_to`, where it is given)."""

    ids: Annotated[list[Id], Field(max_length=500)] = []
    all: bool = False
    up_to: Id | None = None
    read: bool = Field(True, description="false marks `ids` as unread again")


class MarkedOut(Schema):
    changed: int


@router.post("/read", response=MarkedOut)
def mark_notifications(request: Request, body: MarkIn) -> Any:
    """Mark one's own notifications as read, or as unread again."""
    now = timezone.now()
    if body.all:
        return MarkedOut(changed=actions.read_all(actor=request.actor, now=now, up_to=body.up_to))
    act = actions.read if body.read else actions.unread
    return MarkedOut(changed=act(actor=request.actor, now=now, ids=body.ids))


class WishesOut(Schema):
    """How one is told: `choices` of each channel and group as they count; channels without address aren't used."""

    choices: dict[str, dict[str, str]]
    channels: list[str]
    email: str
    time_zone: str
    quiet_start: str
    quiet_end: str
    quiet_days: list[int]
    urgent_in_quiet: bool
    digest_time: str
    digest_weekday: int
    webhook_url: str
    calendar: bool


class WishesIn(Body):
    """What is left out stays as it is; an address of "" takes its channel away."""

    choices: dict[LooseChannel, dict[LooseGroup, LooseWhen]] | None = None
    quiet_start: TimeOfDay | None = None
    quiet_end: TimeOfDay | None = None
    quiet_days: Annotated[list[Day], Field(max_length=7)] | None = None
    urgent_in_quiet: bool | None = None
    digest_time: TimeOfDay | None = None
    digest_weekday: Day | None = None
    slack_url: Address | None = None
    webhook_url: Address | None = None


@router.get("/preferences", response=WishesOut)
def get_preferences(request: Request) -> Any:
    """How one is told. Secrets are never shown."""
    return _wishes(request)


@router.patch("/preferences", response=WishesOut)
def change_preferences(request: Request, body: WishesIn) -> Any:
    """Say how one wishes to be told; what still waits to leave follows."""
    person = queries.own_wishes(request.actor, timezone.now()).person
    given = body.dict(exclude_unset=True)
    with guarded(request, person, lambda: _wishes(request)):
        actions.prefer(actor=request.actor, now=timezone.now(), **given)
    return _wishes(request)


def _wishes(request: Request) -> WishesOut:
    own = queries.own_wishes(request.actor, timezone.now())
    wishes, chosen = own.wishes, own.chosen
    return WishesOut(
        choices={
            channel.value: {group.value: wishes.chosen(channel, group).value for group in Group} for channel in Channel
        },
        channels=sorted(wishes.channels),
        email=own.email,
        time_zone=wishes.zone,
        quiet_start=chosen.quiet_start if chosen else "",
        quiet_end=chosen.quiet_end if chosen else "",
        quiet_days=sorted(wishes.quiet_days),
        urgent_in_quiet=wishes.urgent_in_quiet,
        digest_time=wishes.digest_time,
        digest_weekday=wishes.digest_weekday,
        webhook_url=chosen.webhook_url if chosen else "",
        calendar=own.feed is not None,
    )


class ChannelSecretOut(Schema):
    """Shown this once."""

    secret: str


@router.post("/preferences/webhook-secret", response=ChannelSecretOut)
def renew_own_webhook_secret(request: Request) -> Any:
    """A new secret for one's own webhook."""
    return ChannelSecretOut(secret=actions.new_webhook_secret(actor=request.actor, now=timezone.now()))


class TryIn(Body):
    channel: Channel = Field(strict=False)


class TriedOut(Schema):
    went_to: str


@router.post("/try", response=TriedOut)
def try_own_channel(request: Request, body: TryIn) -> Any:
    """Send a message to oneself at once, and hear what came of it."""
    return TriedOut(went_to=actions.try_channel(actor=request.actor, now=timezone.now(), channel=body.channel))


class FollowedOut(Schema):
    subject_kind: str
    subject_id: int
    label: str
    address: str
    level: str
    since: datetime


@router.get("/following", response=PageOf[FollowedOut])
def list_followed(request: Request, query: Annotated[Paging, Query()]) -> Any:
    """What one chose to hear of, or less of, the latest first."""
    page = queries.following(request.actor, cursor=query.cursor, limit=query.limit)
    rows = [
        FollowedOut(
            subject_kind=row.subscription.subject_kind,
            subject_id=row.subscription.subject_id,
            label=row.label,
            address=row.address,
            level=row.subscription.level,
            since=row.subscription.since,
        )
        for row in page.items
    ]
    return page_of(page, rows)


class LevelIn(Body):
    level: Level = Field(Level.ALL, strict=False)


class LevelOut(Schema):
    level: str | None


@router.put("/following/{subject_kind}/{subject_id}", response=LevelOut)
def follow_subject(request: Request, subject_kind: Kind, subject_id: Id, body: LevelIn) -> Any:
    """Say how much one wants to hear of a subject, or (kind `team`) of a team's affairs."""
    subject = _subject(request, subject_kind, subject_id)
    row = actions.follow(actor=request.actor, now=timezone.now(), subject=subject, level=Level(body.level))
    return LevelOut(level=row.level)


@router.delete("/following/{subject_kind}/{subject_id}", response=LevelOut)
def unfollow_subject(request: Request, subject_kind: Kind, subject_id: Id) -> Any:
    """Take back what one said; one hears as everybody does."""
    actions.unfollow(actor=request.actor, now=timezone.now(), subject=_subject(request, subject_kind, subject_id))
    return LevelOut(level=None)


def _subject(request: Request, kind: str, id: int) -> Subject:
    if id not in seen(request, kind, [id]):
        raise NotFound(f"There is no {kind} {id}.")
    last = Event.objects.filter(subject_kind=kind, subject_id=id).order_by("-pk")
    return Subject(kind, id, last.values_list("subject_label", flat=True).first() or f"{kind} {id}")


class CalendarIn(Body):
    with_teams: bool = Field(False, description="also what one's teams must do")


class CalendarOut(Schema):
    """The secret address; shown this once."""

    address: str


@router.post("/calendar", response={201: CalendarOut})
def make_own_calendar(request: Request, body: CalendarIn) -> Any:
    """A new secret address for one's clocks as a calendar; the one before ends."""
    made = actions.make_calendar(actor=request.actor, now=timezone.now(), with_teams=body.with_teams)
    return Status(201, CalendarOut(address=settings.URL + reverse("calendar", args=[made.token])))


@router.delete("/calendar", response={204: None})
def revoke_own_calendar(request: Request) -> Any:
    """End the secret address at once."""
    actions.revoke_calendar(actor=request.actor, now=timezone.now())
    return Status(204, None)


class ChatIn(Body):
    url: Address = Field(description="an incoming webhook; empty takes the chat away")
    reason: Annotated[Text, Field(max_length=2_000)] = ""


class ChatOut(Schema):
    """Where a team reads; the address itself is a secret."""

    host: str


@router.put("/teams/{namespace}/{name}", response=ChatOut)
def set_team_chat(request: Request, namespace: Word, name: Word, body: ChatIn) -> Any:
    """Say in which chat a team reads what concerns it; for its leads and managers."""
    team = team_of(request.actor, f"group:{namespace}/{name}")
    actions.set_team_channel(
        actor=request.actor, now=timezone.now(), team=team, url=body.url.strip(), reason=body.reason
    )
    return ChatOut(host=queries.team_channel(request.actor, team).host)
