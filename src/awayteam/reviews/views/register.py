"""The public register: list, feed, an entry, entering a deviation, and saying what happened."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.discussions.queries import box
from awayteam.kernel import events
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.reviews import actions, queries
from awayteam.reviews.feed import atom
from awayteam.reviews.forms.keeping import LATER, DeviationForm, TellForm
from awayteam.reviews.machine import EntryVerb
from awayteam.reviews.plots import ENTRY_PLOT
from awayteam.reviews.queries import RegisterFilter
from awayteam.reviews.views.lists import tabs
from awayteam.stories.stepping import Offer, look, offers

PAGE = 50
CSV_PAGE = 1_000
HEADER = (
    "number", "kind", "title", "field", "team", "decided by", "decided at", "recommendation", "reason", "deviates from",
    "look again on", "state", "outcome", "what happened",
)  # fmt: skip


def filter_of(request: Request) -> RegisterFilter:
    """The filter that the address says. Raises `InvalidInput` for a date that is none."""
    given = request.GET
    names = ("kind", "state", "outcome", "field", "team")
    chosen = {name: tuple(dict.fromkeys(given.getlist(name)))[:50] for name in names}
    return RegisterFilter(
        **chosen, text=given.get("q", "").strip()[:200], since=_day(given.get("since", ""), "since"),
        until=_day(given.get("until", ""), "until"),
    )  # fmt: skip


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{name}: {text[:30]!r} is no date.", "Write it as 2026-01-31.", {name: "no date"}) from None


@require_safe
def index(request: Request) -> HttpResponseBase:
    wanted, sort = filter_of(request), request.GET.get("sort", "-decided")
    if request.GET.get("format") == "csv":
        return csv_file("register", HEADER, _cells(request, wanted, sort))
    cursor = request.GET.get("cursor") or None
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "page": queries.register(request.actor, wanted, sort=sort, cursor=cursor, limit=PAGE),
        "facets": [one for one in queries.entry_facets(request.actor, wanted) if one.values], "sort": sort,
        "narrowed": wanted != RegisterFilter(), "tabs": tabs(),
        "feed": f"{reverse('register_feed')}?{query.urlencode()}",
    }  # fmt: skip
    return render(request, "reviews/register.html", context)


def _cells(request: Request, wanted: RegisterFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor = None
    while True:
        page = queries.register(request.actor, wanted, sort=sort, cursor=cursor, limit=CSV_PAGE)
        for row in page.items:
            one = row.entry
            yield (
                one.pk, one.kind, row.title, one.field, one.team.ref, one.decider_label, one.decided_at,
                one.recommendation, row.reason, row.practice, one.look_again_on.isoformat(), one.state, one.outcome,
                row.happened,
            )  # fmt: skip
        cursor = page.next_cursor
        if cursor is None:
            return


@require_safe
def feed(request: Request) -> HttpResponseBase:
    """The newest entries as Atom, narrowed as the list is; for readers that send the cookie of a session."""
    page = queries.register(request.actor, filter_of(request), limit=PAGE)
    site = request.build_absolute_uri("/").rstrip("/")
    text = atom(page.items, address=request.build_absolute_uri(), site=site)
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


def _offer(request: Request, row: queries.RegisterRow) -> Offer | None:
    held = look(ENTRY_PLOT, row.entry, actor=request.actor, now=timezone.now())
    return next((one for one in offers(held) if one.verb == EntryVerb.TELL), None)


@require_safe
def entry(request: Request, pk: int) -> HttpResponseBase:
    row = queries.entry(request.actor, pk)
    offer = _offer(request, row)
    history = events.history("register", pk, limit=100)
    context = {
        "row": row, "it": row.entry, "offer": offer,
        "form": TellForm() if offer and offer.possible else None,
        "events": [] if row.hidden else [one for one in history.items if not one.name.startswith("clock.")],
        "waiting": ENTRY_PLOT.machine.waiting.get(ENTRY_PLOT.machine.states(row.entry.state)),
        **box(request, ENTRY_PLOT.subject(row.entry), address=row.address),
    }  # fmt: skip
    return render(request, "reviews/entry.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: Request, pk: int) -> HttpResponseBase:
    """Say what happened, or that it is too early."""
    row, now = queries.entry(request.actor, pk), timezone.now()
    offer = _offer(request, row)
    form = TellForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data

        def act() -> Any:
            if given["outcome"] == LATER:
                return actions.look_later(
                    row.entry, on=given["on"], words=given["happened"], actor=request.actor, now=now
                )
            return actions.tell_what_happened(
                row.entry, outcome=given["outcome"], happened=given["happened"], actor=request.actor, now=now
            )

        if form.attempt(act) is not None:
            return done(request, "It stands in the register.", reverse("register_entry", args=[pk]))
    why_not = "" if offer and offer.possible else (offer.decision.reason if offer else "It was looked at again.")
    context = {"row": row, "it": row.entry, "form": form, "why_not": why_not}
    return render(request, "reviews/tell.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Enter a deviation."""
    names = ("team", "title", "practice", "field", "reason", "entity")
    start = {name: request.GET.get(name, "")[:2000] for name in names}
    form = DeviationForm(request.actor, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.deviate(form.deviation(), actor=request.actor, now=timezone.now()))
        if made is not None:
            return done(request, "It stands in the register.", reverse("register_entry", args=[made.pk]))
    return render(request, "reviews/deviation.html", {"form": form}, status=422 if form.is_bound else 200)
