"""The list of flags, making one, and one flag with everything that one may do with it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.flags import actions, queries
from awayteam.flags.evaluating import Explanation
from awayteam.flags.models import Flag
from awayteam.flags.queries import FlagFilter, FlagRow, SettingRow, Told
from awayteam.flags.rules import Lifecycle
from awayteam.flags.views.forms import EditForm, KeepForm, NewForm
from awayteam.kernel import events
from awayteam.kernel.errors import AwayteamError, NotFound
from awayteam.kernel.pages import PageForm, ReasonForm, csv_file, done, render
from awayteam.kernel.requests import Request

PAGE = 50
CSV_PAGE = 1_000
HISTORY = 100
KEEP_DAYS = 90
HEADER = ("key", "title", "state", "kind", "for", "team", "gone by", "asked why", "served")
FACET_WORDS = {"owner": "Team", "purpose": "For", "kind": "Kind"}
CONTEXT = '{"targetingKey": "user-1"}'


def filter_of(request: Request) -> FlagFilter:
    """The filter that the address says."""
    chosen: dict[str, Any] = {name: tuple(dict.fromkeys(request.GET.getlist(name)))[:50] for name in queries.FACETS}
    chosen |= {name: request.GET.get(name) == "yes" for name in ("stale", "killed", "archived", "mine")}
    return FlagFilter(**chosen, text=request.GET.get("q", "").strip()[:200])


@require_safe
def index(request: Request) -> HttpResponseBase:
    """All flags; those that should go come first."""
    wanted, sort, now = filter_of(request), request.GET.get("sort", "stale"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("flags", HEADER, _cells(request, wanted, sort))
    cursor = request.GET.get("cursor") or None
    context = {
        "page": queries.flags(request.actor, wanted, now, sort=sort, cursor=cursor, limit=PAGE),
        "sort": sort,
        "facets": [facet for facet in queries.facets(request.actor, wanted, now) if facet.values],
        "facet_words": FACET_WORDS,
        "narrowed": wanted != FlagFilter(),
    }
    return render(request, "flags/list.html", context)


def _cells(request: Request, wanted: FlagFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor = None
    while True:
        page = queries.flags(request.actor, wanted, timezone.now(), sort=sort, cursor=cursor, limit=CSV_PAGE)
        yield from (_cell(row) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _cell(row: FlagRow) -> tuple[Any, ...]:
    one = row.flag
    served = "; ".join(f"{setting.environment.key}: {served_words(setting)}" for setting in row.settings)
    return (
        one.key, one.title, row.lifecycle.value, one.kind, one.purpose, one.owner.ref,
        one.remove_on.isoformat() if one.remove_on else "", one.asked_why, served,
    )  # fmt: skip


def as_json(value: Any) -> str:
    """A value as the page writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def served_words(setting: Any) -> str:
    """What an environment serves, in a word or two: the one variant, "off", or "rules"."""
    if setting.killed_at is not None:
        return f"off ({setting.killed_variant or 'code'})"
    return setting.everybody or "rules"


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Make a flag."""
    form = NewForm(request.actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        made = form.attempt(
            lambda: actions.create(form.wanted(), actor=request.actor, now=timezone.now(), reason=reason)
        )
        if made is not None:
            return done(request, "The flag is served from now on.", reverse("flag", args=[made.key]))
    context = {"form": form, "environments": queries.environments(request.actor)}
    return render(request, "flags/new.html", context, status=422 if form.is_bound else 200)


@require_safe
def flag(request: Request, key: str) -> HttpResponse:
    """One flag: what it is in each environment, what somebody would get, and how it came to be so."""
    return show(request, key)


def show(
    request: Request, key: str, *, verb: str = "", refused: PageForm | None = None, place: str = ""
) -> HttpResponse:
    """The page; `refused` is the form of `verb` with its errors."""
    now = timezone.now()
    told = queries.told(request.actor, key, now)
    row = told.row(place or request.GET.get("environment", "")) if told.rows else None
    history = events.history("flag", told.flag.pk, limit=HISTORY)
    preview, problem = _preview(request, told, row)
    context = {
        "told": told, "flag": told.flag, "row": row, "preview": preview, "preview_problem": problem,
        "context_text": request.GET.get("context", CONTEXT)[:20_000],
        "definitions": queries.definitions(told.flag, row.environment) if row is not None and row.setting else [],
        "tabs": [(one.environment.key, str(one.environment), _at(key, one), None) for one in told.rows],
        "events": [one for one in history.items if not one.name.startswith("clock.")],
        "keep_form": refused if verb == "keep" else KeepForm(start=now.date() + timedelta(days=KEEP_DAYS)),
        "edit_form": refused if verb == "edit" else EditForm(told.flag),
        "form_verb": verb, "refused": refused, "is_stale": told.lifecycle is Lifecycle.STALE, "now": now,
        "json": as_json,
    }  # fmt: skip
    return render(request, "flags/flag.html", context, status=422 if refused is not None else 200)


def _at(key: str, row: SettingRow) -> str:
    return f"{reverse('flag', args=[key])}?environment={row.environment.key}"


def _preview(request: Request, told: Told, row: SettingRow | None) -> tuple[Explanation | None, AwayteamError | None]:
    if row is None or row.setting is None or "context" not in request.GET:
        return None, None
    try:
        return queries.preview(request.actor, told.flag, row.environment, request.GET["context"]), None
    except AwayteamError as error:
        return None, error


DEEDS: dict[str, tuple[Callable[[Flag, Any], PageForm], Callable[..., Flag], str]] = {
    "archive": (lambda _flag, given: ReasonForm(given), actions.archive, "The flag is archived, and served no more."),
    "edit": (lambda flag, given: EditForm(flag, given), actions.edit, "What is said of it changed."),
    "keep": (lambda _flag, given: KeepForm(given), actions.keep, "It stays; nobody asks before that day."),
    "restore": (lambda _flag, given: ReasonForm(given), actions.restore, "The flag is served again."),
}


@require_POST
def act(request: Request, key: str, verb: str) -> HttpResponseBase:
    """One of the buttons of a flag as a whole."""
    if verb not in DEEDS:
        raise NotFound(f"There is no {verb[:40]!r} for flags.", "Use the buttons of its page.")
    make, action, words = DEEDS[verb]
    row = queries.flag(request.actor, key, timezone.now())
    form = make(row, request.POST)
    if form.is_valid():
        values = form.values() if isinstance(form, EditForm) else form.cleaned_data
        if form.attempt(lambda: action(row, actor=request.actor, now=timezone.now(), **values)) is not None:
            return done(request, words, reverse("flag", args=[key]))
    return show(request, key, verb=verb, refused=form)
