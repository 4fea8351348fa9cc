"""Every read of notifications: one's inbox, one's wishes, what one follows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery

from awayteam.kernel import subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.models import Event
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.notifications import wishes
from awayteam.notifications.actions.calendars import digest
from awayteam.notifications.models import CalendarFeed, Notification, Preference, Subscription, TeamChannel
from awayteam.notifications.permissions import Verb, can, visible
from awayteam.notifications.rules import Group, Level, Wishes
from awayteam.organisation.models import Person, Team

MOST_COUNTED = 99
"""The bell counts no further."""


def unread_count(actor: Actor) -> int:
    """How many of one's notifications are unread, at most one more than `MOST_COUNTED`; one cheap statement."""
    if actor.person_id is None:
        return 0
    return visible(actor, Notification.objects.filter(read_at=None)).order_by()[: MOST_COUNTED + 1].count()


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A notification. `hidden` says that its reader may not see the subject any more: then it tells nothing."""

    notification: Notification
    hidden: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of one's notifications, newest first. `unread` counts those of each group, `kinds` of each kind of subject
    (both over all that is unread); `newest` is the newest there is, for marking all as read."""

    page: Page[InboxRow]
    unread: Mapping[Group, int]
    kinds: Mapping[str, int]
    newest: int


def inbox(
    actor: Actor, *, state: str = "unread", group: str = "", kind: str = "", cursor: str | None = None, limit: int = 50
) -> Inbox:
    """One's notifications: `state` is "unread", "read" or "all". Raises `InvalidInput` for a foreign cursor."""
    mine = visible(actor, Notification.objects.all())
    rows = mine
    if state != "all":
        rows = rows.filter(read_at__isnull=state == "unread")
    if group:
        rows = rows.filter(group=group)
    if kind:
        rows = rows.filter(subject_kind=kind)
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    page = page_of(list(rows.order_by("-at", "-pk")[: limit + 1]), limit, lambda row: (row.at, row.pk))
    counts = mine.filter(read_at=None).order_by().values_list("group", "subject_kind").annotate(n=Count("pk"))
    unread: dict[Group, int] = defaultdict(int)
    kinds: dict[str, int] = defaultdict(int)
    for one, of_kind, number in counts:
        unread[Group(one)] += number
        kinds[of_kind] += number
    newest = mine.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Inbox(Page(_rows(actor, page.items), page.next_cursor), dict(unread), dict(sorted(kinds.items())), newest)


def _rows(actor: Actor, found: Sequence[Notification]) -> list[InboxRow]:
    ids: dict[str, set[int]] = defaultdict(set)
    for row in found:
        ids[row.subject_kind].add(row.subject_id)
    seen = {kind: subjects.seen_by(actor, kind, wanted) for kind, wanted in ids.items()}
    return [InboxRow(row, row.subject_id not in seen[row.subject_kind]) for row in found]


def notification(actor: Actor, id: int) -> InboxRow:
    """One of one's own notifications. Raises `NotFound`."""
    row = visible(actor, Notification.objects.filter(pk=id)).first()
    if row is None:
        raise NotFound("There is no such notification.")
    return _rows(actor, [row])[0]


def level_of(actor: Actor, kind: str, id: int) -> Level | None:
    """What the actor chose to hear of a subject; None where they chose nothing. One statement."""
    if actor.person_id is None:
        return None
    mine = Subscription.objects.filter(person_id=actor.person_id, subject_kind=kind, subject_id=id)
    level = mine.values_list("level", flat=True).first()
    return Level(level) if level is not None else None


@dataclass(frozen=True, slots=True)
class Followed:
    """Something that one chose to hear of, or less of. `address` is "" where it has no page."""

    subscription: Subscription
    label: str
    address: str


def following(actor: Actor, *, cursor: str | None = None, limit: int = 50) -> Page[Followed]:
    """What one follows or muted, the latest first; what one may not see any more is left out."""
    if actor.person_id is None:
        return Page([])
    last = Event.objects.filter(subject_kind=OuterRef("subject_kind"), subject_id=OuterRef("subject_id"))
    label = Subquery(last.order_by("-pk").values("subject_label")[:1])
    rows = Subscription.objects.filter(person_id=actor.person_id).annotate(label=label).order_by("-pk")
    if cursor:
        rows = rows.filter(pk__lt=decode_cursor(cursor, int)[0])
    page = page_of(list(rows[: limit + 1]), limit, lambda row: (row.pk,))
    ids: dict[str, set[int]] = defaultdict(set)
    for row in page.items:
        ids[row.subject_kind].add(row.subject_id)
    seen = {kind: subjects.seen_by(actor, kind, wanted) for kind, wanted in ids.items()}
    shown = [
        Followed(row, row.label or f"{row.subject_kind} {row.subject_id}", seen[row.subject_kind][row.subject_id])
        for row in page.items
        if row.subject_id in seen[row.subject_kind]
    ]
    return Page(shown, page.next_cursor)


@dataclass(frozen=True, slots=True)
class OwnWishes:
    """How somebody is told: what they chose (`chosen`, None for nothing) and what follows (`wishes`)."""

    person: Person
    chosen: Preference | None
    wishes: Wishes
    email: str
    mail_leaves: bool
    feed: CalendarFeed | None


def own_wishes(actor: Actor, now: datetime) -> OwnWishes:
    """One's own wishes; two statements. Raises `NotAllowed` for who is nobody of the organisation."""
    can(actor, Verb.READ).require()
    people = wishes.people([actor.person_id or 0], now)
    if not people:
        raise NotFound("You are nobody of the organisation.", "Ask an administrator to link your account to a person.")
    person = people[0]
    return OwnWishes(
        person=person,
        chosen=wishes.preference_of(person),
        wishes=wishes.of(person),
        email=wishes.email_of(person),
        mail_leaves=wishes.mail_leaves(),
        feed=CalendarFeed.objects.filter(person=person, revoked_at=None).first(),
    )


@dataclass(frozen=True, slots=True)
class TeamChannelRow:
    """A team whose channel the actor may set. `host` is "" where it has none; `level` what the actor hears of it."""

    team: Team
    host: str
    may_set: bool
    level: Level | None


def team_channels(actor: Actor) -> list[TeamChannelRow]:
    """The teams that one belongs to or leads, with where they read and what one hears of each; three statements."""
    wanted = Q(pk__in=sorted(actor.teams | actor.leads))
    teams = list(Team.objects.filter(wanted, dissolved_at=None).order_by("name")[:100])
    ids = [team.pk for team in teams]
    hosts = dict(TeamChannel.objects.filter(team_id__in=ids, active=True).values_list("team_id", "host"))
    mine = Subscription.objects.filter(person_id=actor.person_id or 0, subject_kind="team", subject_id__in=ids)
    levels = dict(mine.values_list("subject_id", "level"))
    return [
        TeamChannelRow(
            team,
            hosts.get(team.pk, ""),
            bool(can(actor, Verb.SET_CHANNEL, team)),
            Level(levels[team.pk]) if team.pk in levels else None,
        )
        for team in teams
    ]


def team_channel(actor: Actor, team: Team) -> TeamChannelRow:
    """One team's channel, for those who may set it. Raises `NotAllowed`."""
    can(actor, Verb.SET_CHANNEL, team).require()
    row = TeamChannel.objects.filter(team=team, active=True).first()
    return TeamChannelRow(team, row.host if row else "", True, None)


def feed_of(token: str, now: datetime) -> CalendarFeed:
    """The feed that a token opens, with its person. Raises `NotFound` for any other, also of people who left."""
    found = CalendarFeed.objects.select_related("person").filter(digest=digest(token), revoked_at=None).first()
    if found is None or not wishes.people([found.person_id], now):
        raise NotFound("There is no calendar at this address.", "Make a new address in your settings.")
    return found
