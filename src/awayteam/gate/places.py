"""What the gate adds to pages: a place in the navigation, changes on pages of what they concern, Home, and the tour."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.engagements.machine import FINAL
from awayteam.engagements.machine import State as Engaged
from awayteam.engagements.models import Engagement
from awayteam.gate.models import Change, Stand
from awayteam.gate.permissions import visible
from awayteam.gate.queries import pages
from awayteam.gate.queries.narrowing import awaits
from awayteam.gate.verdict import Outcome
from awayteam.kernel import panels, subjects, tour, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.kernel.tour import Look, Stop
from awayteam.kernel.turns import Place, TurnRow
from awayteam.lists import listings
from awayteam.lists.listings import Listing

KIND = "change"
PAGES = ("change", "change_emergency")
SHOWN = 6
KINDS = frozenset({"API", "Component", "Resource", "System"})
DRAFTS = frozenset({Engaged.PREPARING, Engaged.PROPOSED, Engaged.DECLINED})


def register() -> None:
    panels.register_navigation(NavigationEntry("changes", "Changes", 52, "changes", "git-pull-request", "c", PAGES))
    panels.register("engagement", Panel("changes", "Changes", 25, _engagement, "gate/engagement_panel.html"))
    panels.register("entity", Panel("changes", "Changes that wait", 27, _entity, "gate/repository_panel.html"))
    panels.register("repository", Panel("changes", "Changes that wait", 10, _repository, "gate/repository_panel.html"))
    listings.register(Listing("changes", "Changes"))
    turns.register(KIND, waiting)
    subjects.register(KIND, _changes)
    tour.register(
        Stop(
            key="change",
            question=2,
            title="A change of an away team at the gate",
            looks=(
                Look("May it go in, whose word is lacking, until when, and who else can say it.", "next"),
                Look("What would come out if somebody approved it, or the engagement lasted longer.", "what-if"),
                Look("Whose paths it touches, by which rule, and why.", "paths"),
            ),
            address=_telling,
            weight=10,
        )
    )


def _changes(request: Request, ids: set[int]) -> dict[int, str]:
    rows = visible(request.actor, Change.objects.filter(pk__in=ids), timezone.now())
    return {pk: reverse("change", args=[pk]) for pk in rows.order_by().values_list("pk", flat=True)}


def waiting(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Changes that wait for this person's word, and their own that wait for others'; one statement for who has none,
    else two."""
    if actor.person_id is None:
        return
    own = Q(author=actor.person_id, state=Stand.OPEN, outcome=Outcome.WAITING.value, is_draft=False)
    theirs = Change.objects.filter(awaits(actor.person_id) | own).order_by()
    if not theirs.exists():  # to ask who sees what takes longer than all of this
        return
    rows = visible(actor, theirs, now).select_related("home_team").defer("paths", "hands", "checks")
    for one in rows.order_by(F("due_at").asc(nulls_last=True), "pushed_at", "pk")[: turns.AT_MOST]:
        mine = one.author_id != actor.person_id
        yield TurnRow(
            place=Place.YOURS if mine else Place.WAITING,
            subject=Subject(KIND, one.pk, str(one)),
            title=one.title or str(one),
            url=reverse("change", args=[one.pk]),
            state="look at the change" if mine else "change waits at the gate",
            whose="you" if mine else str(one.home_team or "its owners"),
            started_at=one.pushed_at,
            due_at=one.due_at,
            note=str(one),
        )


def _open_first(rows: "QuerySet[Change]") -> "QuerySet[Change]":
    """Those that wait, then those that may go in, then what is over; each the newest first."""
    order = Case(
        When(~Q(state=Stand.OPEN), then=Value(2)),
        When(outcome=Outcome.ALLOWED.value, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return rows.order_by(order, "-opened_at", "-pk")


def _engagement(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    """Its changes, the open ones first, how many, and how long their first review took; one statement without any."""
    if engagement.state in DRAFTS:
        return None
    now, rows = timezone.now(), Change.objects.filter(engagements=engagement)
    found = pages.first(request.actor, _open_first(rows), now, limit=SHOWN + 1)
    if not found and engagement.state in FINAL:
        return None
    counts = rows.aggregate(all=Count("pk"), open=Count("pk", filter=Q(state=Stand.OPEN))) if found else {}
    return {
        "rows": found[:SHOWN], "more": len(found) > SHOWN, "now": now, "counts": counts, "engagement": engagement,
        "first_review": pages.usual_first_review(rows) if found else None,
    }  # fmt: skip


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Open changes in its repository; one statement where there are none."""
    if entity.kind not in KINDS:
        return None
    return _waiting_in(request, Change.objects.filter(followed__links__entity=entity))


def _repository(request: Request, number: int) -> dict[str, Any] | None:
    return _waiting_in(request, Change.objects.filter(followed=number))


def _waiting_in(request: Request, rows: "QuerySet[Change]") -> dict[str, Any] | None:
    now = timezone.now()
    found = pages.first(request.actor, _open_first(rows.filter(state=Stand.OPEN)), now, limit=SHOWN + 1)
    if not found:
        return None
    repositories = sorted({row.change.repository for row in found})
    return {"rows": found[:SHOWN], "more": len(found) > SHOWN, "now": now, "repositories": repositories}


def _telling(actor: Actor) -> str | None:
    """The page of a change of an away team that waits, else of any that does."""
    rows = Change.objects.filter(state=Stand.OPEN, outcome=Outcome.WAITING.value)
    rows = visible(actor, rows, timezone.now()).order_by(F("due_at").asc(nulls_last=True), "-pk")
    found = rows.filter(engagements__isnull=False).values_list("pk", flat=True).first() or (
        rows.values_list("pk", flat=True).first()
    )
    return reverse("change", args=[found]) if found is not None else None
