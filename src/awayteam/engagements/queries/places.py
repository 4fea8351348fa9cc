"""The gig marketplace: open places in away teams, with skills and hours, and who would take them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from awayteam.engagements.machine import LIVE
from awayteam.engagements.models import Application, Engagement, Place
from awayteam.engagements.permissions import visible
from awayteam.kernel.actor import Actor
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.requests.queries.rows import Link, person_link, team_link


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """Somebody who would take a place, and what was answered ("" while it wasn't)."""

    id: int
    person: Link
    words: str
    applied_at: datetime
    answer: str
    answer_words: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """An offered place. `applied` is whether the reader applied; `applicants` how many wait for an answer."""

    id: int
    engagement_id: int
    engagement: str
    title: str
    skills: list[str]
    hours: int
    words: str
    open_until: date | None
    created_at: datetime
    closed_at: datetime | None
    home: Link
    away: Link
    starts_on: date | None
    ends_on: date | None
    applicants: int = 0
    applied: bool = False
    applications: list[ApplicationRow] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def places_of(engagement: Engagement) -> list[PlaceRow]:
    """Every place of one engagement with its applications, the newest first; two statements."""
    rows = list(Place.objects.filter(engagement=engagement))
    found: dict[int, list[ApplicationRow]] = {}
    for one in Application.objects.filter(place__in=rows).select_related("person") if rows else ():
        shown = ApplicationRow(one.pk, person_link(one.person), one.words, one.applied_at, one.answer, one.answer_words)
        found.setdefault(one.place_id, []).append(shown)
    return [_row(row, engagement, found.get(row.pk, [])) for row in rows]


def open_places(
    actor: Actor, now: datetime, *, text: str = "", skill: str = "", cursor: str | None = None, limit: int = 50
) -> Page[PlaceRow]:
    """Places that anybody may apply for, of engagements that the actor may see, the newest first; three statements.

    `text` are words that must occur in title, words or skills; `skill` is one skill, written as it was offered.
    """
    rows = _open(actor, now)
    for word in text.replace("\0", "").split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(words__icontains=word) | Q(skills__icontains=word))
    if skill:
        rows = rows.filter(skills__icontains=f'"{skill[:80]}"')
    if cursor:
        rows = rows.filter(pk__lt=decode_cursor(cursor, int)[0])
    related = ("engagement__home_team", "engagement__away_team")
    waiting = Count("applications", filter=Q(applications__answer=""))
    found = list(rows.select_related(*related).annotate(waiting=waiting).order_by("-pk")[: limit + 1])
    page = page_of(found, limit, lambda row: (row.pk,))
    mine = _applied(actor, page.items)
    shown = [_row(row, row.engagement, (), row.waiting, row.pk in mine) for row in page.items]
    return Page(shown, page.next_cursor)


def place(actor: Actor, pk: int, now: datetime) -> Place | None:
    """One place of an engagement that the actor may see."""
    seen = visible(actor, Engagement.objects.all(), now).order_by().values("pk")
    return Place.objects.filter(pk=pk, engagement__in=seen).select_related("engagement").first()


def _open(actor: Actor, now: datetime) -> "QuerySet[Place]":
    live = visible(actor, Engagement.objects.filter(state__in=[state.value for state in LIVE]), now)
    rows = Place.objects.filter(closed_at__isnull=True, engagement__in=live.order_by().values("pk"))
    return rows.filter(Q(open_until__isnull=True) | Q(open_until__gte=now.date()))


def _applied(actor: Actor, rows: Iterable[Place]) -> set[int]:
    if actor.person_id is None:
        return set()
    found = Application.objects.filter(place__in=list(rows), person=actor.person_id)
    return set(found.values_list("place_id", flat=True))


def _row(
    row: Place, engagement: Engagement, applications: Iterable[ApplicationRow], waiting: int = 0, applied: bool = False
) -> PlaceRow:
    rows = list(applications)
    return PlaceRow(
        row.pk, engagement.pk, engagement.title, row.title, [str(skill) for skill in row.skills], row.hours, row.words,
        row.open_until, row.created_at, row.closed_at, team_link(engagement.home_team), team_link(engagement.away_team),
        engagement.starts_on, engagement.ends_on, waiting or sum(not one.answer for one in rows), applied, rows,
    )  # fmt: skip
