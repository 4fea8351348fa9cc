"""Who comes: the list of the away team, the words that are still missing, and places that it offers to everybody."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from awayteam.engagements import actions, people, queries
from awayteam.engagements.actions.members import may_staff, needs_welcome
from awayteam.engagements.forms.people import AddMemberForm, ApplyForm, OfferForm, RefuseForm, TakeForm
from awayteam.engagements.forms.setup import people_of
from awayteam.engagements.machine import Party
from awayteam.engagements.models import Application, Engagement, Member
from awayteam.engagements.permissions import Standing
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.queries.places import places_of
from awayteam.engagements.queries.story import members_of
from awayteam.engagements.views.frame import page
from awayteam.kernel.errors import AwayteamError, Conflict, NotFound, NotSignedIn
from awayteam.kernel.pages import done, render
from awayteam.kernel.permissions import Decision
from awayteam.kernel.requests import Request
from awayteam.stories.stepping import look


def members(request: Request, row: Engagement, standing: Standing, now: datetime) -> HttpResponseBase:
    """The list with what can be done; the same page in the set-up and later."""
    here = reverse("engagement_setup", args=[row.pk, "members"])
    context = _context(request, row, standing, now)
    if request.method != "POST":
        return page(request, row, standing, "members", "engagements/setup_members.html", context)
    what = request.POST.get("do", "add")
    if what in ("agree", "welcome", "end"):
        return _on_member(request, row, what, now, here)
    form = context["offer_form"] if what == "offer" else context["add_form"]
    if form.is_valid():
        act = actions.offer_place if what == "offer" else actions.add_member
        try:
            made = form.attempt(lambda: act(row.pk, actor=request.actor, now=now, **form.values()))
        except Conflict as conflict:
            context["conflict"], made = conflict, None
        if made is not None:
            told = "The place is offered." if what == "offer" else _told(made)
            return done(request, told, here)
    return page(request, row, standing, "members", "engagements/setup_members.html", context, 422)


def _told(made: actions.Joining) -> str:
    needs = f" Still needed: the word of {' and '.join(made.needs)}." if made.needs else ""
    return f"{made.member.person} is on the list.{needs} {made.warning}".strip()


def _on_member(request: Request, row: Engagement, what: str, now: datetime, here: str) -> HttpResponseBase:
    """Agree to, welcome, or end somebody's place; what is refused is told in place."""
    pk = request.POST.get("member", "")
    member = Member.objects.filter(engagement=row, pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    if member is None:
        raise NotFound("There is no such member.", "Look at the list.")
    acts: dict[str, Callable[..., Any]] = {
        "agree": actions.agree_to_member, "welcome": actions.welcome_member, "end": actions.end_membership,
    }  # fmt: skip
    acts[what](member, actor=request.actor, now=now, words=request.POST.get("reason", ""))
    told = {"agree": "You agreed.", "welcome": "You agreed for the home side.", "end": "Their place has ended."}
    return done(request, told[what], here)


def _context(request: Request, row: Engagement, standing: Standing, now: datetime) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else None
    what = request.POST.get("do", "")
    staffing = may_staff(look(ENGAGEMENT, row, actor=request.actor, now=now))
    here = {one.pk: one for one in Member.objects.filter(engagement=row, left_at__isnull=True).select_related("person")}
    away = [one for one in people_of(row.away_team, standing) if one.pk not in {m.person_id for m in here.values()}]
    return {
        "refused": "" if staffing else staffing.reason,
        "staffing": staffing,
        "members": [
            (one, *_rights(request, row, here.get(one.id), standing, staffing, now)) for one in members_of(row)
        ],
        "places": places_of(row),
        "add_form": AddMemberForm(data if what == "add" else None, people=away, auto_id="add_%s"),
        "offer_form": OfferForm(data if what == "offer" else None, auto_id="offer_%s"),
    }


def _rights(
    request: Request, row: Engagement, member: Member | None, standing: Standing, staffing: Decision, now: datetime
) -> tuple[bool, bool, bool, bool]:
    """Whether the reader may agree to a member's time, may welcome them, may end their place; and needs a welcome."""
    if member is None:
        return False, False, False, False
    agrees = member.agreed_at is None and bool(people.agrees(request.actor, member.person, now))
    waits = needs_welcome(row, member)
    ends = bool(staffing) or member.person_id == request.actor.person_id
    return agrees, waits and bool(standing.of(Party.HOME)), ends, waits


@require_http_methods(["GET", "HEAD", "POST"])
def place(request: Request, pk: int) -> HttpResponseBase:
    """One open place: what it is, who applied (for those who answer), and applying."""
    now = timezone.now()
    found = queries.place(request.actor, pk, now)
    if found is None:
        raise NotFound(f"There is no place {pk}.", "Look at the open places.")
    row = queries.load(request.actor, found.engagement_id, now)
    if request.method == "POST":
        return _answer(request, row, pk, now)
    return _place(request, row, pk, now)


def _answer(request: Request, row: Engagement, pk: int, now: datetime) -> HttpResponseBase:
    """Apply for a place, take or refuse somebody who applied, or close it."""
    what, actor = request.POST.get("do", "apply"), request.actor
    kinds = {"apply": ApplyForm, "take": TakeForm, "refuse": RefuseForm, "close": ApplyForm}
    form = kinds.get(what, ApplyForm)(request.POST)
    if not form.is_valid():
        return _place(request, row, pk, now, refused=form, status=422)
    given = form.cleaned_data
    number = request.POST.get("application", "")
    applied = int(number) if number.isdecimal() and len(number) < 19 else 0
    if what in ("take", "refuse") and not Application.objects.filter(place=pk, pk=applied).exists():
        raise NotFound("There is no such application.", "Look at the place.")
    acts: dict[str, Callable[[], Any]] = {
        "apply": lambda: actions.apply_for_place(pk, actor=actor, now=now, **given),
        "take": lambda: actions.take_application(applied, actor=actor, now=now, **given),
        "refuse": lambda: actions.refuse_application(applied, actor=actor, now=now, **given),
        "close": lambda: actions.close_place(pk, actor=actor, now=now, **given),
    }
    told = {"apply": "You applied; the lead of the away team answers.", "take": "They are on the list.",
            "refuse": "They are told why not.", "close": "The place isn't offered any more."}  # fmt: skip
    try:
        acts.get(what, acts["apply"])()
    except (NotFound, NotSignedIn):
        raise
    except AwayteamError as error:
        form.refuse(error)
        return _place(request, row, pk, now, refused=form, status=409 if isinstance(error, Conflict) else 422)
    return done(request, told.get(what, "Done."), reverse("place", args=[pk]))


def _place(
    request: Request, row: Engagement, pk: int, now: datetime, *, refused: Any = None, status: int = 200
) -> HttpResponse:
    found = next(one for one in places_of(row) if one.id == pk)
    staffing = may_staff(look(ENGAGEMENT, row, actor=request.actor, now=now))
    mine = next((one for one in found.applications if one.person.id == request.actor.person_id), None)
    context = {
        "it": row,
        "place": found,
        "staffing": staffing,
        "mine": mine,
        "refused": refused,
        "apply_form": refused if isinstance(refused, ApplyForm) else ApplyForm(),
        "take_form": TakeForm(auto_id="take_%s"),
        "refuse_form": RefuseForm(auto_id="refuse_%s"),
    }
    return render(request, "engagements/place.html", context, status)
