"""Pages of quotas: limits, one limit with its preview, and spikes."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.catalog.models import ApiOperation, Entity
from awayteam.catalog.queries import resolve
from awayteam.kernel import rulebook
from awayteam.kernel.errors import AwayteamError, InvalidInput, NotFound
from awayteam.kernel.pages import PageForm, ReasonForm, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.quotas import actions, drawing, queries, words
from awayteam.quotas.api.schemas import QuotaOut, quota_out
from awayteam.quotas.forms import AnswerForm, LimitForm
from awayteam.quotas.queries import LimitFilter, PreviewTold
from awayteam.quotas.rules import Rate, SpikeState, State, Unit, Verb, burst_of

PAGE, FILE_MOST = 50, 100_000
MOST_OPERATIONS = 300
HEADER = ("number", "api", "consumer", "operation", "requests", "per", "at once", "state", "over", "denied", "reason")
DEEDS: dict[str, Callable[..., Any]] = {
    Verb.ENFORCE.value: actions.enforce, Verb.OFF.value: actions.switch_off, Verb.SHADOW.value: actions.shadow,
}  # fmt: skip
SAID = {
    Verb.ENFORCE.value: "It is enforced as soon as proxies look, within seconds.",
    Verb.OFF.value: "Proxies forget it within seconds.",
    Verb.SHADOW.value: "From now on proxies only count what is over it.",
}
ANSWERS: dict[str, Callable[..., Any]] = {
    "enforce": actions.enforce_spike, "planned": actions.answer_spike, "shadow": actions.shadow_spike,
}  # fmt: skip
ANSWERED = {
    "enforce": "The limit is enforced as soon as proxies look, within seconds.",
    "planned": "Noted: the growth is meant.",
    "shadow": "The limit stands in shadow; look what it counts, then enforce it.",
}


@require_safe
def limits(request: Request) -> HttpResponseBase:
    """Limits as a list, or as a file."""
    now = timezone.now()
    given = {name: request.GET.get(name, "").strip()[:300] for name in ("api", "consumer", "state", "sort")}
    wanted = queries.filter_of(request.actor, now, **given)
    if (shape := request.GET.get("format")) in ("csv", "json"):
        return _file(request, wanted, shape)
    page = queries.limits(request.actor, wanted, now, cursor=request.GET.get("cursor") or None, limit=PAGE)
    context = {
        "page": page, "wanted": wanted, "total": queries.number(request.actor, wanted, now), "states": list(State),
        "signs": words.STATE_SIGNS, "says": words.STATE_SAYS,
        "open_spikes": queries.spikes(request.actor, now, state=SpikeState.OPEN.value, limit=5).items,
    }  # fmt: skip
    return render(request, "quotas/limits.html", context)


def _file(request: Request, wanted: LimitFilter, shape: str) -> HttpResponseBase:
    found = queries.limits(request.actor, wanted, timezone.now(), limit=FILE_MOST).items
    if shape == "json":
        items = [QuotaOut(**quota_out(row)).model_dump(mode="json") for row in found]
        return JsonResponse({"items": items}, json_dumps_params={"ensure_ascii": False})
    return csv_file("quotas", HEADER, ([*_cells(row)] for row in found))


def _cells(row: queries.LimitRow) -> tuple[Any, ...]:
    one = row.limit
    return (
        one.pk, one.api.ref, one.consumer.ref if one.consumer else "", one.operation, one.requests, one.unit, one.burst,
        one.state, row.over, row.denied, one.reason,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Set a limit, after a look at what it would have done."""
    api = _entity(request, "api")
    operations = _operations(api)
    given = {name: request.GET.get(name, "")[:500] for name in ("api", "consumer", "operation", "requests", "unit")}
    form = LimitForm(operations, request.POST or None, initial={**given, "unit": given["unit"] or "second"})
    told: PreviewTold | None = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            told = form.attempt(lambda: _preview(request, form))
        else:
            made = form.attempt(lambda: _set(request, form))
            if made is not None:
                return done(request, "The limit is set.", reverse("quota", args=[made.pk]))
    refused = form.is_bound and not form.is_valid()
    context = {"form": form, "told": told, "chart": drawing.preview(told) if told else [], "book": rulebook.current()}
    return render(request, "quotas/new.html", context, status=422 if refused or form.errors else 200)


def _entity(request: Request, name: str) -> Entity | None:
    given = (request.POST.get(name) or request.GET.get(name) or "").strip()[:300]
    try:
        return resolve(request.actor, given, timezone.now()) if given else None
    except AwayteamError:
        return None


def _operations(api: Entity | None) -> list[str]:
    """Operations that a proxy can tell apart; none where there are too many to choose from."""
    if api is None:
        return []
    rows = ApiOperation.objects.filter(api=api, path__startswith="/").order_by("position", "key")
    found = list(rows.values_list("key", flat=True)[: MOST_OPERATIONS + 1])
    return found if len(found) <= MOST_OPERATIONS else []


def _terms(request: Request, form: LimitForm) -> tuple[Entity, Entity | None, str, tuple[int, Unit, int | None]]:
    given, found = form.cleaned_data, {}
    for name in ("api", "consumer"):
        try:
            found[name] = resolve(request.actor, given[name], timezone.now()) if given[name] else None
        except NotFound as error:
            raise InvalidInput(error.what, error.advice, {name: error.what}) from None
    api = found["api"]
    assert api is not None, "the form demands it"
    return api, found["consumer"], given["operation"], (given["requests"], Unit(given["unit"]), given["burst"])


def _set(request: Request, form: LimitForm) -> Any:
    api, consumer, operation, rate = _terms(request, form)
    reason = form.cleaned_data["reason"]
    return actions.set_limit(api, consumer, operation, rate, actor=request.actor, now=timezone.now(), reason=reason)


def _preview(request: Request, form: LimitForm) -> PreviewTold:
    api, consumer, operation, (requests, unit, burst) = _terms(request, form)
    filled = burst or burst_of(requests, unit, rulebook.current().quotas.burst_seconds)
    return queries.preview(request.actor, api, consumer, operation, Rate(requests, unit, filled), timezone.now())


@require_safe
def limit(request: Request, pk: int) -> HttpResponse:
    """One limit from top to bottom."""
    return _limit(request, pk)


def _limit(request: Request, pk: int, verb: str = "", refused: PageForm | None = None) -> HttpResponse:
    told = queries.limit(request.actor, pk, timezone.now())
    forms = {deed: ReasonForm(auto_id=f"{deed}-%s") for deed in DEEDS} | ({verb: refused} if refused else {})
    context = {
        "told": told, "row": told.row, "quota": told.row.limit, "forms": forms, "form_verb": verb,
        "signs": words.STATE_SIGNS, "says": words.STATE_SAYS, "chart": drawing.preview(told.preview),
        "counted": drawing.counted(told.hours), "book": rulebook.current(),
    }  # fmt: skip
    return render(request, "quotas/limit.html", context, status=422 if refused else 200)


@require_POST
def step(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One of the buttons of a limit."""
    if verb not in DEEDS:
        raise NotFound(f"There is no {verb[:40]!r} for limits.", "Use the buttons of its page.")
    queries.limit(request.actor, pk, timezone.now())
    form = ReasonForm(request.POST, auto_id=f"{verb}-%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made = form.attempt(lambda: DEEDS[verb](pk, actor=request.actor, now=timezone.now(), reason=reason))
        if made is not None:
            return done(request, SAID[verb], reverse("quota", args=[pk]))
    return _limit(request, pk, verb, form)


@require_safe
def spikes(request: Request) -> HttpResponse:
    """Consumers that asked far more than usual."""
    state = request.GET.get("state", "")[:20]
    page = queries.spikes(
        request.actor, timezone.now(), state=state, cursor=request.GET.get("cursor") or None, limit=PAGE
    )
    context = {"page": page, "state": state, "states": words.SPIKE_WORDS, "book": rulebook.current()}
    return render(request, "quotas/spikes.html", context)


@require_safe
def spike(request: Request, pk: int) -> HttpResponse:
    """One spike: who, how much, and the limit that is ready."""
    return _spike(request, pk)


def _spike(request: Request, pk: int, verb: str = "", refused: PageForm | None = None) -> HttpResponse:
    told = queries.spike(request.actor, pk, timezone.now())
    forms = {deed: AnswerForm(auto_id=f"{deed}-%s") for deed in ANSWERS} | ({verb: refused} if refused else {})
    forms["planned"].fields["reason"].required = True
    row = told.spike
    ready = words.rate_words(Rate(row.requests, Unit(row.unit), row.burst))
    context = {
        "told": told, "spike": row, "forms": forms, "form_verb": verb, "states": words.SPIKE_WORDS, "ready": ready,
        "chart": drawing.hours(told.series),
    }  # fmt: skip
    return render(request, "quotas/spike.html", context, status=422 if refused else 200)


@require_POST
def settle(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One of the buttons of a spike: one click each, but "planned" takes a reason."""
    if verb not in ANSWERS:
        raise NotFound(f"There is no {verb[:40]!r} for spikes.", "Use the buttons of its page.")
    queries.spike(request.actor, pk, timezone.now())
    form = AnswerForm(request.POST, auto_id=f"{verb}-%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made = form.attempt(lambda: ANSWERS[verb](pk, actor=request.actor, now=timezone.now(), reason=reason))
        if made is not None:
            return done(request, ANSWERED[verb], reverse("quota_spike", args=[pk]))
    return _spike(request, pk, verb, form)
