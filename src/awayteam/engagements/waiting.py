"""Members of away teams who wait for a word: their manager's, or the home side's. For Home; no clock runs for it."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from awayteam.engagements.machine import LIVE, ContractState
from awayteam.engagements.models import Contract, Member
from awayteam.kernel import turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.turns import Place, TurnRow
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated

KIND = "engagement-member"


def register() -> None:
    """Let Home list them; called in `App.register()`."""
    turns.register(KIND, waiting)


def waiting(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Members whose time this person decides about, or whom they may welcome for the home side; one statement.

    Somebody whose manager isn't known waits for whoever leads or manages one of their teams. Both give a part in the
    engagement, and with it the sight of it (`permissions.visible`).
    """
    if actor.person_id is None:
        return
    rows = Member.objects.filter(_time(actor, now) | _home(actor), left_at__isnull=True).exclude(person=actor.person_id)
    rows = rows.filter(engagement__state__in=[state.value for state in LIVE])
    for one in _first(rows):
        yield TurnRow(
            place=Place.YOURS,
            subject=Subject(KIND, one.pk, str(one.person)),
            title=f"{one.person}: {one.share}% for {one.engagement.title}",
            url=reverse("engagement_setup", args=[one.engagement_id, "members"]),
            state="agree to their time" if one.agreed_at is None else "welcome them",
            whose="you",
            started_at=one.joined_at,
        )


def _time(actor: Actor, now: datetime) -> Q:
    """Whose manager they are, named or by their teams, and who waits for that."""
    teams = sorted(actor.leads | actor.manages)
    theirs = Membership.objects.filter(dated(now), person=OuterRef("person"), team__in=teams)
    by_team = Q(Exists(theirs), person__manager__isnull=True) if teams else Q(pk__in=[])
    return Q(agreed_at__isnull=True) & (Q(person__manager=actor.person_id) | by_team)


def _home(actor: Actor) -> Q:
    """Who came after the last signature to what they decide, or answer, for the home side."""
    signed = Contract.objects.filter(
        engagement=OuterRef("engagement"), state=ContractState.IN_FORCE.value, created_at__gte=OuterRef("joined_at")
    )
    mine = Q(engagement__home_decider=actor.person_id) | Q(engagement__home_contact=actor.person_id)
    late = Q(home_agreed_at__isnull=True, engagement__contract__isnull=False) & ~Exists(signed)
    return mine & late & Q(agreed_at__isnull=False)


def _first(rows: "QuerySet[Member]") -> "QuerySet[Member]":
    return rows.select_related("person", "engagement").order_by("joined_at", "pk")[: turns.AT_MOST]
