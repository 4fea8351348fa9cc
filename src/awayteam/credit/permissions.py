"""Who may see credit, and dispute it. Reading is open, but for what is about things that one may not see."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.credit.models import Dispute, Entry
from awayteam.engagements import permissions as engagements
from awayteam.engagements.models import Engagement
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.requests import permissions as requests
from awayteam.requests.models import Request
from awayteam.reviews import permissions as reviews
from awayteam.reviews.models import Review


def visible(actor: Actor, queryset: "QuerySet[Entry]", now: datetime) -> "QuerySet[Entry]":
    """The entries of `queryset` about engagements, requests and reviews that the actor may see, and their own."""
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    visits = Engagement.objects.filter(service__restricted=True).order_by()
    asked = Request.objects.filter(entity__restricted=True).order_by()
    unseen = Q(
        subject_kind="engagement",
        subject_id__in=visits.exclude(pk__in=engagements.visible(actor, visits, now).values("pk")).values("pk"),
    ) | Q(
        subject_kind="request",
        subject_id__in=asked.exclude(pk__in=requests.visible(actor, asked, now).values("pk")).values("pk"),
    )
    looked = Review.objects.filter(entity__restricted=True).order_by()
    unseen |= Q(
        subject_kind="review",
        subject_id__in=looked.exclude(pk__in=reviews.visible(actor, looked, now).values("pk")).values("pk"),
    )
    own = Q(person=actor.person_id) if actor.person_id is not None else Q(pk__in=[])
    return queryset.filter(~unseen | own)


def visible_disputes(actor: Actor, queryset: "QuerySet[Dispute]", now: datetime) -> "QuerySet[Dispute]":
    """The disputes about entries that the actor may see."""
    if catalog.sees_everything(actor):
        return queryset
    return queryset.filter(entry__in=visible(actor, Entry.objects.order_by(), now).values("pk"))


def about_restricted(entry: Entry) -> bool:
    """Whether it is about something that not everybody sees, as in `visible`."""
    about = {
        "engagement": Engagement.objects.filter(service__restricted=True),
        "request": Request.objects.filter(entity__restricted=True),
        "review": Review.objects.filter(entity__restricted=True),
    }
    rows: QuerySet[Any] | None = about.get(entry.subject_kind)
    return rows is not None and rows.filter(pk=entry.subject_id).exists()


def takes_part(actor: Actor) -> Decision:
    """Whether the actor may do anything here at all: people, signed in, with more than a reading token."""
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is None and actor.kind is not ActorKind.SYSTEM:
        return Decision(False, "Only people do this; this account is not linked to a person.", "person")
    return Decision(True, "You are one of the organisation.", "person")


def concerned_teams(entry: Entry) -> set[int]:
    """The teams that an entry concerns: the credited one, and both sides of the visit that it is about."""
    found = {entry.team_id} if entry.team_id is not None else set()
    if entry.subject_kind == "engagement":
        sides = Engagement.objects.filter(pk=entry.subject_id).values_list("home_team_id", "away_team_id")
        found |= {team for pair in sides for team in pair}
    return found


def can_dispute(actor: Actor, entry: Entry, now: datetime) -> Decision:
    """Whether the actor may dispute an entry that they see: whom it concerns, and managers above them."""
    allowed = takes_part(actor)
    if not allowed:
        return allowed
    if entry.withdrawn_at is not None:
        return Decision(False, "This entry is withdrawn already.", "withdrawn")
    days = rulebook.current().credit.dispute_days
    if now > entry.at + timedelta(days=days):
        return Decision(False, f"An entry can be disputed for {days} days; they are over.", "dispute-days")
    if actor.person_id is not None and actor.person_id in (entry.person_id, entry.given_by_id):
        return Decision(True, "It is about you.", "concerned")
    if concerned_teams(entry) & (actor.teams | actor.manages):
        return Decision(True, "It concerns your team.", "concerned")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only those whom the entry concerns, and managers above them, dispute it.", "concerned")
