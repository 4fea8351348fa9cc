"""The list, the form, the story, and the buttons of a duplicate."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.duplicates import actions, queries
from awayteam.duplicates.machine import Party, State, Verb
from awayteam.duplicates.models import Duplicate
from awayteam.duplicates.permissions import sides_of
from awayteam.duplicates.queries import DuplicateFilter, DuplicateRow
from awayteam.duplicates.views.forms import AddForm, AnswerForm
from awayteam.kernel import events
from awayteam.kernel.pages import ReasonForm, csv_file, done, render
from awayteam.kernel.requests import Request

PAGE = 50
CSV_PAGE = 1_000
HISTORY = 200
HEADER = ("number", "title", "of", "own build", "team", "home team", "state", "date", "customers see both", "why")
FACET_WORDS = {"state": "State", "team": "Builds its own", "home": "Home team"}


def filter_of(request: Request) -> DuplicateFilter:
    """The filter that the address says."""
    chosen = {name: tuple(dict.fromkeys(request.GET.getlist(name)))[:50] for name in queries.FACETS}
    given = request.GET
    return DuplicateFilter(
        **chosen, live=given.get("ended") != "yes", customers=given.get("customers") == "yes",
        mine=given.get("mine") == "yes", text=given.get("q", "").strip()[:200],
    )  # fmt: skip


@require_safe
def index(request: Request) -> HttpResponseBase:
    """What is built twice, by the date to look again."""
    wanted, sort = filter_of(request), request.GET.get("sort", "on")
    if request.GET.get("format") == "csv":
        return csv_file("duplicates", HEADER, _cells(request, wanted, sort))
    page = queries.duplicates(request.actor, wanted, sort=sort, cursor=request.GET.get("cursor") or None, limit=PAGE)
    context = {
        "page": page,
        "sort": sort,
        "facets": [facet for facet in queries.facets(request.actor, wanted) if facet.values],
        "facet_words": FACET_WORDS,
        "narrowed": wanted != DuplicateFilter(),
        "tabs": tabs(),
        "wanted": wanted,
    }
    return render(request, "duplicates/list.html", context)


def tabs() -> list[tuple[str, str, str, None]]:
    return [
        ("register", "Register", reverse("duplicates"), None),
        ("alike", "APIs that look alike", reverse("likenesses"), None),
    ]


def _cells(request: Request, wanted: DuplicateFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor = None
    while True:
        page = queries.duplicates(request.actor, wanted, sort=sort, cursor=cursor, limit=CSV_PAGE)
        yield from (_cell(row) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _cell(row: DuplicateRow) -> tuple[Any, ...]:
    one = row.duplicate
    return (
        one.pk, one.title, row.of, row.own.ref if row.own else "", one.team.ref,
        one.home_team.ref if one.home_team else "", one.state, one.on.isoformat(),
        "yes" if one.customer_facing else "no", one.why,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Say that a team builds its own."""
    start = {"of": request.GET.get("of", "")[:300], "own": request.GET.get("own", "")[:300]}
    form = AddForm(request.actor, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.add(form.wanted(), actor=request.actor, now=timezone.now()))
        if made is not None:
            return done(request, "It is registered; the home team was told.", reverse("duplicate", args=[made.pk]))
    return render(request, "duplicates/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def story(request: Request, pk: int) -> HttpResponse:
    """A duplicate from top to bottom: whose turn it is, the answers, and what happened."""
    return _story(request, pk)


def _story(request: Request, pk: int, form: AnswerForm | None = None) -> HttpResponse:
    told = queries.story(request.actor, pk, timezone.now())
    row = told.row.duplicate
    allowed = {deed.verb: deed for deed in told.deeds}
    verb = Verb.SETTLE if State(row.state) is State.ARBITRATION else Verb.ANSWER
    if form is None and verb in allowed and allowed[verb].decision:
        form = AnswerForm(row, _sides(request, row, told.silent))
    history = events.history("duplicate", pk, limit=HISTORY)
    context = {
        "told": told,
        "row": told.row,
        "duplicate": row,
        "deeds": allowed,
        "form": form,
        "form_verb": verb,
        "events": [one for one in history.items if not one.name.startswith("clock.")],
        "here": reverse("duplicate", args=[pk]),
    }
    return render(request, "duplicates/story.html", context, status=422 if form is not None and form.is_bound else 200)


def _sides(request: Request, row: Duplicate, silent: tuple[Party, ...]) -> list[Party]:
    """The sides for which this person could answer: a choice only where there are several."""
    if State(row.state) is not State.REVIEW:
        return []
    mine = sides_of(request.actor, row)
    return [side for side in silent if side in mine or (not mine and request.actor.is_administrator)]


@require_POST
def answer(request: Request, pk: int) -> HttpResponseBase:
    row = queries.duplicate(request.actor, pk)
    told = queries.story(request.actor, pk, timezone.now())
    form = AnswerForm(row, _sides(request, row, told.silent), request.POST)
    if form.is_valid():
        made = form.attempt(
            lambda: actions.answer(
                row, form.said(), side=form.party(), actor=request.actor, now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        )  # fmt: skip
        if made is not None:
            return done(request, "Your answer is noted.", reverse("duplicate", args=[pk]))
    return _story(request, pk, form)


@require_POST
def settle(request: Request, pk: int) -> HttpResponseBase:
    row = queries.duplicate(request.actor, pk)
    form = AnswerForm(row, [], request.POST)
    if form.is_valid():
        made = form.attempt(
            lambda: actions.settle(
                row, form.said(), actor=request.actor, now=timezone.now(), reason=form.cleaned_data["reason"]
            )
        )
        if made is not None:
            return done(request, "Your decision holds; both teams were told.", reverse("duplicate", args=[pk]))
    return _story(request, pk, form)


def _button(request: Request, pk: int, action: Callable[..., Any], words: str) -> HttpResponseBase:
    row = queries.duplicate(request.actor, pk)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    action(row, actor=request.actor, now=timezone.now(), reason=reason)
    return done(request, words, reverse("duplicate", args=[pk]))


@require_POST
def look_again(request: Request, pk: int) -> HttpResponseBase:
    return _button(request, pk, actions.look_again, "Both teams are asked.")


@require_POST
def finish(request: Request, pk: int) -> HttpResponseBase:
    return _button(request, pk, actions.finish, "Only one of the two is left.")


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponseBase:
    return _button(request, pk, actions.withdraw, "It is taken back.")
