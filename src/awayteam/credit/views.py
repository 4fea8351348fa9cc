"""Pages of credit: the ledger of a team, a unit or everybody, an entry, a dispute, and thanking."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.credit import actions, api, queries, words
from awayteam.credit.actions.thanking import subject_of
from awayteam.credit.forms import ThankForm, WordsForm
from awayteam.credit.machine import Verb
from awayteam.credit.permissions import takes_part
from awayteam.credit.queries import CreditFilter, EntryRow
from awayteam.engagements.models import Engagement, Member
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.events import Subject
from awayteam.kernel.pages import csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation import queries as organisation_queries
from awayteam.organisation.models import Person

PAGE = 50
FILE_PAGE = 1_000
FILE_MOST = 100_000
GIVEN = ("person", "kind", "since", "until")
HEADER = (
    "number", "kind", "time", "person", "team", "about", "quantity", "measure", "words", "given by", "for", "withdrawn",
    "evidence", "address",
)  # fmt: skip
DEEDS: dict[str, Callable[..., Any]] = {
    Verb.TAKE_BACK.value: actions.take_back,
    Verb.UPHOLD.value: actions.uphold,
    Verb.WITHDRAW_ENTRY.value: actions.withdraw_entry,
}
SAID = {
    Verb.TAKE_BACK.value: "You took it back; the entry stands.",
    Verb.UPHOLD.value: "The entry stands; those concerned were told.",
    Verb.WITHDRAW_ENTRY.value: "The entry is withdrawn; those concerned were told.",
}


@require_safe
def organisation(request: Request) -> HttpResponseBase:
    """Everybody's credit, or one person's."""
    return _ledger(request, _filter(request, ""))


@require_safe
def of_team(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """One team's credit, or a unit's with what stood below it."""
    ref = f"group:{namespace}/{name}"
    team = organisation_queries.team(request.actor, ref)
    if team.ref != ref:
        space, _, short = team.ref.partition(":")[2].partition("/")
        return HttpResponseRedirect(reverse("credit_team", args=[space, short]))
    return _ledger(request, _filter(request, ref))


def _filter(request: Request, team: str) -> CreditFilter:
    given = {name: request.GET.get(name, "").strip()[:300] for name in GIVEN}
    withdrawn = request.GET.get("withdrawn") == "yes"
    return queries.filter_of(request.actor, timezone.now(), team=team, withdrawn=withdrawn, **given)


def _ledger(request: Request, wanted: CreditFilter) -> HttpResponseBase:
    now, shape = timezone.now(), request.GET.get("format")
    if shape == "csv":
        return csv_file("credit", HEADER, (_cells(request, row) for row in _all(request, wanted)))
    if shape == "json":
        found = [api.entry_out(row).model_dump(mode="json") for row in _all(request, wanted)]
        return JsonResponse({"items": found}, json_dumps_params={"ensure_ascii": False})
    page = queries.entries(request.actor, wanted, now, cursor=request.GET.get("cursor") or None, limit=PAGE)
    whole = replace(wanted, kind=None)
    context = {
        "wanted": wanted,
        "page": page,
        "total": queries.number(request.actor, wanted, now),
        "totals": queries.totals(request.actor, whole, now),
        "below": queries.parts(request.actor, whole, now) if wanted.person is None else [],
        "kinds": words.KIND_WORDS,
        "number": words.number,
        "credit_at": _credit_at(request),
    }
    return render(request, "credit/ledger.html", context)


def _credit_at(request: Request) -> Callable[[str], str]:
    """Makes the address of another team's credit in the same days."""
    kept = request.GET.copy()
    for name in ("cursor", "format", "person", "kind"):
        kept.pop(name, None)

    def address(ref: str) -> str:
        space, _, name = ref.partition(":")[2].partition("/")
        where = reverse("credit_team", args=[space, name])
        return f"{where}?{kept.urlencode()}" if kept else where

    return address


def _all(request: Request, wanted: CreditFilter) -> Iterator[EntryRow]:
    cursor, sent = None, 0
    while sent < FILE_MOST:
        page = queries.entries(request.actor, wanted, timezone.now(), cursor=cursor, limit=FILE_PAGE)
        yield from page.items
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _cells(request: Request, row: EntryRow) -> tuple[Any, ...]:
    one = row.entry
    return (
        one.pk, one.kind, one.at, one.person.ref if one.person else "", one.team.ref if one.team else "",
        f"{one.subject_kind} {one.subject_id}: {one.subject_label}", one.quantity, one.measure, one.words,
        one.given_by.ref if one.given_by else "", one.served.ref if one.served else "",
        one.withdrawn_why, f"{one.evidence_kind} {one.evidence_id}",
        request.build_absolute_uri(reverse("credit_entry", args=[one.pk])),
    )  # fmt: skip


@require_safe
def entry(request: Request, pk: int) -> HttpResponse:
    """One entry with its evidence."""
    return _entry(request, pk, WordsForm())


def _entry(request: Request, pk: int, form: WordsForm) -> HttpResponse:
    told = queries.told(request.actor, pk, timezone.now())
    row = queries.EntryRow(told.entry, False, words.amount(told.entry.quantity, told.entry.measure))
    context = {"told": told, "credit": told.entry, "row": row, "form": form, "says": words.KIND_SAYS[told.entry.kind]}  # type: ignore[index]
    context["state_words"] = words.STATE_WORDS
    return render(request, "credit/entry.html", context, status=422 if form.is_bound else 200)


@require_POST
def dispute_entry(request: Request, pk: int) -> HttpResponseBase:
    row = queries.entry(request.actor, pk, timezone.now())
    form = WordsForm(request.POST)
    if form.is_valid():
        made = form.attempt(
            lambda: actions.dispute(row, actor=request.actor, now=timezone.now(), words=form.cleaned_data["words"])
        )
        if made is not None:
            return done(request, "It is disputed; a manager above decides.", reverse("credit_dispute", args=[made.pk]))
    return _entry(request, pk, form)


@require_safe
def dispute(request: Request, pk: int) -> HttpResponse:
    """A dispute from top to bottom."""
    return _dispute(request, pk)


def _dispute(request: Request, pk: int, verb: str = "", refused: WordsForm | None = None) -> HttpResponse:
    told = queries.dispute(request.actor, pk, timezone.now())
    forms = {deed: WordsForm(auto_id=f"{deed}-%s") for deed in DEEDS} | ({verb: refused} if refused else {})
    context = {"told": told, "dispute": told.dispute, "credit": told.entry.entry, "forms": forms, "form_verb": verb}
    context["state_words"] = words.STATE_WORDS
    return render(request, "credit/dispute.html", context, status=422 if refused else 200)


@require_POST
def settle(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One of the buttons of a dispute."""
    if verb not in DEEDS:
        raise NotFound(f"There is no {verb[:40]!r} for disputes.", "Use the buttons of its page.")
    queries.dispute(request.actor, pk, timezone.now())
    form = WordsForm(request.POST, auto_id=f"{verb}-%s")
    if form.is_valid():
        made = form.attempt(
            lambda: DEEDS[verb](pk, actor=request.actor, now=timezone.now(), words=form.cleaned_data["words"])
        )
        if made is not None:
            return done(request, SAID[verb], reverse("credit_dispute", args=[pk]))
    return _dispute(request, pk, verb, form)


@require_http_methods(["GET", "HEAD", "POST"])
def thank(request: Request) -> HttpResponseBase:
    """Thank somebody for what they did in an engagement or a request (`?about=engagement:12`)."""
    subject = _about(request)
    form = ThankForm(_helpers(request, subject), request.POST or None, initial={"person": request.GET.get("person")})
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: _thank(request, subject, form))
        if made is not None:
            return done(request, "Your words stand there now.", reverse("credit_entry", args=[made.pk]))
    allowed = takes_part(request.actor)
    context = {"form": form, "subject": subject, "allowed": allowed}
    return render(request, "credit/thank.html", context, status=422 if form.is_bound else 200)


def _thank(request: Request, subject: Subject, form: ThankForm) -> Any:
    try:
        person = organisation_queries.person(request.actor, form.cleaned_data["person"])
    except NotFound as error:
        raise InvalidInput(error.what, error.advice, {"person": error.what}) from None
    return actions.thank(person, subject, actor=request.actor, now=timezone.now(), words=form.cleaned_data["words"])


def _about(request: Request) -> Subject:
    kind, _, number = request.GET.get("about", "").partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        raise InvalidInput("Say what you thank for.", "Open an engagement or a request, and thank there.")
    return subject_of(request.actor, kind, int(number), timezone.now())


def _helpers(request: Request, subject: Subject) -> list[Person]:
    """Those who took part in a visit, without oneself; nobody in particular for requests."""
    if subject.kind != "engagement":
        return []
    row = Engagement.objects.get(pk=subject.id)
    named = {row.home_decider_id, row.home_contact_id, row.home_deputy_id, row.away_lead_id, row.manager_id}
    named |= set(Member.objects.filter(engagement=row).values_list("person_id", flat=True))
    others = {one for one in named if one is not None and one != request.actor.person_id}
    return list(Person.objects.filter(pk__in=others).order_by("name"))
