"""Pages of successions: the list, candidates, beginning one, and one from top to bottom."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions.queries import box
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import PageForm, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.succession import actions, queries, words
from awayteam.succession.forms import BeginForm, DecideForm, OptionalWordsForm, WordsForm
from awayteam.succession.machine import MACHINE, State, Verb
from awayteam.succession.models import Succession
from awayteam.succession.plots import SUCCESSION
from awayteam.succession.queries import Row, SuccessionFilter

PAGE = 50
CSV_PAGE = 1_000
HEADER = ("number", "kind", "thing", "owner", "goes to", "state", "turn of", "due", "began", "closed", "why")
FACET_WORDS = {"state": "State", "kind": "How it came"}
DEEDS: dict[str, Callable[..., Succession]] = {
    Verb.ACCEPT.value: actions.accept,
    Verb.CONFIRM.value: actions.confirm,
    Verb.DECIDE.value: actions.decide,
    Verb.DISMISS.value: actions.dismiss,
    Verb.GO_ON.value: actions.go_on,
    Verb.OBJECT.value: actions.object_to,
    Verb.REFUSE.value: actions.refuse,
    Verb.WITHDRAW.value: actions.withdraw,
}
SILENT = frozenset({Verb.ACCEPT.value, Verb.CONFIRM.value})
"""Verbs that need no words."""


def filter_of(request: Request) -> SuccessionFilter:
    """The filter that the address says."""
    chosen = {name: tuple(dict.fromkeys(request.GET.getlist(name)))[:20] for name in queries.FACETS}
    given = request.GET
    return SuccessionFilter(
        **chosen, team=given.get("team", "")[:300], entity=given.get("entity", "")[:300],
        live=given.get("ended") != "yes", mine=given.get("mine") == "yes", text=given.get("q", "").strip()[:200],
    )  # fmt: skip


@require_safe
def index(request: Request) -> HttpResponseBase:
    """Changes of owner and retirements, the newest first."""
    wanted, sort, now = filter_of(request), request.GET.get("sort", "-created"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("successions", HEADER, _cells(request, wanted, sort))
    cursor = request.GET.get("cursor") or None
    context = {
        "page": queries.successions(request.actor, wanted, now, sort=sort, cursor=cursor, limit=PAGE),
        "sort": sort,
        "facets": queries.facets(request.actor, wanted, now),
        "facet_words": FACET_WORDS,
        "narrowed": wanted != SuccessionFilter(),
        "wanted": wanted,
        "tabs": tabs(),
        "words": words,
    }
    return render(request, "succession/list.html", context)


def tabs() -> list[tuple[str, str, str, None]]:
    return [
        ("list", "Successions", reverse("successions"), None),
        ("candidates", "What may belong elsewhere", reverse("succession_candidates"), None),
    ]


def _cells(request: Request, wanted: SuccessionFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor = None
    while True:
        page = queries.successions(request.actor, wanted, timezone.now(), sort=sort, cursor=cursor, limit=CSV_PAGE)
        yield from (_cell(row) for row in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _cell(row: Row) -> tuple[Any, ...]:
    one = row.succession
    return (
        one.pk, one.kind, one.entity.ref, one.giver.ref if one.giver else "", one.receiver.ref if one.receiver else "",
        one.state, one.turn_person.ref if one.turn_person else "", one.due_at, one.created_at, one.closed_at, one.words,
    )  # fmt: skip


@require_safe
def candidates(request: Request) -> HttpResponse:
    """Things that another team uses alone, or most."""
    context = {"rows": queries.candidates(request.actor, timezone.now()), "tabs": tabs()}
    return render(request, "succession/candidates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Begin one (`?entity=component:default/orders&how=offer`)."""
    start = {name: request.GET.get(name, "")[:300] for name in ("entity", "how", "team")}
    form = BeginForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: _begin(request, form))
        if made is not None:
            return done(request, "It has begun; both sides were told.", reverse("succession", args=[made.pk]))
    context = {"form": form, "says": words.KIND_SAYS}
    return render(request, "succession/new.html", context, status=422 if form.is_bound else 200)


def _begin(request: Request, form: BeginForm) -> Succession:
    actor, now, given = request.actor, timezone.now(), form.cleaned_data
    thing, why = form.thing(actor), given["words"]
    if given["how"] == "propose":
        return actions.propose(thing, actor=actor, now=now, words=why)
    if given["how"] == "retire":
        return actions.retire(thing, actor=actor, now=now, sunset_on=form.day(), words=why, more=given["more"].strip())
    team = form.receiver(actor)
    if given["how"] == "ask":
        return actions.ask(thing, actor=actor, now=now, team=team, words=why)
    deed = actions.offer if given["how"] == "offer" else actions.order
    return deed(thing, actor=actor, now=now, receiver=team, words=why)


@require_safe
def story(request: Request, pk: int) -> HttpResponse:
    """A succession from top to bottom: whose turn it is, evidence, checklist, and what happened."""
    return _story(request, pk)


def _story(request: Request, pk: int, verb: str = "", refused: PageForm | None = None) -> HttpResponse:
    told = queries.story(request.actor, pk, timezone.now())
    row = told.row.succession
    forms = {one.verb.value: _form(row, one.verb.value) for one in told.offers if one.possible}
    if refused is not None:
        forms[verb] = refused
    waiting = MACHINE.waiting.get(State(row.state))
    context = {
        "told": told, "row": told.row, "succession": row, "forms": forms, "form_verb": verb, "words": words,
        "then": waiting.then if waiting is not None else "",
        **box(request, SUCCESSION.subject(row), address=SUCCESSION.address(row)),
    }  # fmt: skip
    return render(request, "succession/story.html", context, status=422 if refused is not None else 200)


def _form(row: Succession, verb: str, data: Any = None) -> PageForm:
    auto_id = f"{verb}-%s"
    if verb == Verb.DECIDE:
        return DecideForm(row.is_retirement, data, auto_id=auto_id)
    return (OptionalWordsForm if verb in SILENT else WordsForm)(data, auto_id=auto_id)


@require_POST
def act(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One of the buttons of a succession."""
    if verb not in DEEDS:
        raise NotFound(f"There is no {verb[:40]!r} for successions.", "Use the buttons of its page.")
    row = queries.succession(request.actor, pk, timezone.now())
    form = _form(row, verb, request.POST)
    if form.is_valid():
        made = form.attempt(lambda: DEEDS[verb](pk, actor=request.actor, now=timezone.now(), **form.cleaned_data))
        if made is not None:
            return done(request, f"Noted: {words.STATE_WORDS[made.state]}.", reverse("succession", args=[pk]))
    return _story(request, pk, verb, form)


@require_POST
def tick(request: Request, pk: int, number: int) -> HttpResponseBase:
    """Tick or untick a line of the checklist."""
    now, said = timezone.now(), request.POST.get("words", "")
    queries.succession(request.actor, pk, now)
    if request.POST.get("undo") == "yes":
        actions.untick(pk, number, actor=request.actor, now=now)
        return done(request, "The line is open again.", reverse("succession", args=[pk]) + f"#line-{number}")
    if len(said) > 2_000:
        raise InvalidInput("At most 2,000 characters.", "Shorten it.", {"words": "too long"})
    actions.tick(pk, number, actor=request.actor, now=now, words=said)
    return done(request, "The line is ticked.", reverse("succession", args=[pk]) + f"#line-{number}")
