"""A flag in one environment: writing its definition, comparing and bringing back old ones, switching off, planning."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.flags import actions, queries
from awayteam.flags.actions.common import evaluators_of, refused
from awayteam.flags.evaluating import BadDefinition
from awayteam.flags.models import Environment, Flag, Plan
from awayteam.flags.permissions import Verb, can
from awayteam.flags.rules import Deed, read_definition
from awayteam.flags.views.forms import START, DefineForm, PlanForm
from awayteam.flags.views.pages import CONTEXT, as_json
from awayteam.kernel.errors import AwayteamError, InvalidInput, NotFound
from awayteam.kernel.pages import ReasonForm, done, render
from awayteam.kernel.requests import Request


def _place(request: Request, key: str, environment: str) -> tuple[Flag, Environment]:
    row = queries.flag(request.actor, key, timezone.now())
    return row, queries.environment(request.actor, environment)


def _back(row: Flag, place: Environment) -> str:
    return f"{reverse('flag', args=[row.key])}?environment={place.key}"


@require_http_methods(["GET", "HEAD", "POST"])
def define(request: Request, key: str, environment: str) -> HttpResponseBase:
    """Write what the flag is in an environment; “Check” says what is wrong and what somebody would get."""
    row, place = _place(request, key, environment)
    newest = next(iter(queries.definitions(row, place)), None)
    start = {
        "definition": newest.text if newest else START, "number": newest.number if newest else 0, "context": CONTEXT,
    }  # fmt: skip
    checking = request.POST.get("do") == "check"
    form = DefineForm(request.POST or None, initial=start, checking=checking)
    told: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if checking:
            told = _checked(request, row, place, form)
        elif (
            form.attempt(
                lambda: actions.define(
                    row,
                    place,
                    given["definition"],
                    actor=request.actor,
                    now=timezone.now(),
                    reason=given["reason"],
                    number=given["number"],
                )
            )
            is not None
        ):
            return done(request, f"It is served in {place} from now on.", _back(row, place))  # fmt: skip
    context = {
        "flag": row, "place": place, "form": form, "may": can(request.actor, Verb.CHANGE, row, timezone.now()),
        "back": _back(row, place), "json_text": as_json, "checked": False, **told,
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "flags/define.html", context, status=status)


def _checked(request: Request, row: Flag, place: Environment, form: DefineForm) -> dict[str, Any]:
    """Doubts and a preview, or errors in the form."""
    text, context = form.cleaned_data["definition"], form.cleaned_data["context"]
    try:
        made = read_definition(row.key, text, evaluators_of(place))
        if made.flag.kind != row.kind:
            what = f"The variants of {row.key} are of kind {row.kind}, not {made.flag.kind}."
            raise InvalidInput(what, fields={"definition": what})
        return {"doubts": made.doubts, "preview": queries.preview(request.actor, row, place, context, text=text),
                "checked": True}  # fmt: skip
    except BadDefinition as error:
        form.refuse(refused(error))
    except AwayteamError as error:
        form.refuse(error)
    return {}


@require_safe
def definition(request: Request, key: str, environment: str, number: int) -> HttpResponse:
    """One definition, and what it changed."""
    row, place = _place(request, key, environment)
    found = queries.definition(row, place, number)
    before = queries.definition(row, place, number - 1) if number > 1 else None
    newest = next(iter(queries.definitions(row, place)), None)
    context = {
        "flag": row, "place": place, "definition": found, "before": before, "back": _back(row, place),
        "lines": queries.difference(before, found), "is_newest": newest is not None and newest.number == number,
        "newest": newest, "may": can(request.actor, Verb.CHANGE, row, timezone.now()),
    }  # fmt: skip
    return render(request, "flags/definition.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: Request, key: str, environment: str) -> HttpResponseBase:
    """Let a change happen by itself at a time."""
    row, place = _place(request, key, environment)
    newest = next(iter(queries.definitions(row, place)), None)
    form = PlanForm(request.POST or None, initial={"definition": newest.text if newest else ""})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.plan(
                row, place, form.moment(), Deed(given["deed"]), actor=request.actor, now=timezone.now(),
                reason=given["reason"], text=given["definition"], variant=given["variant"],
            )
        )  # fmt: skip
        if made is not None:
            return done(request, "It is planned.", _back(row, place))
    context = {"flag": row, "place": place, "form": form, "back": _back(row, place)}
    context["may"] = can(request.actor, Verb.CHANGE, row, timezone.now())
    return render(request, "flags/plan.html", context, status=422 if form.is_bound else 200)


@require_POST
def cancel(request: Request, key: str, pk: int) -> HttpResponseBase:
    row = queries.flag(request.actor, key, timezone.now())
    planned = Plan.objects.select_related("setting__flag", "setting__environment").filter(pk=pk, setting__flag=row)
    found = planned.first()
    if found is None:
        raise NotFound("There is no such plan.")
    actions.cancel_plan(found, actor=request.actor, now=timezone.now(), reason=request.POST.get("reason", "")[:2000])
    return done(request, "The plan is cancelled.", _back(row, found.setting.environment))


SWITCHES: dict[str, tuple[Callable[..., Any], str]] = {
    "kill": (actions.kill, "It is switched off; applications hear of it with their next question."),
    "release": (actions.release, "The definition holds again."),
    "roll-back": (actions.roll_back, "The earlier definition is back."),
}


@require_POST
def switch(request: Request, key: str, environment: str, verb: str) -> HttpResponseBase:
    """One of the buttons of a flag in an environment."""
    if verb not in SWITCHES:
        raise NotFound(f"There is no {verb[:40]!r} for flags.", "Use the buttons of its page.")
    action, words = SWITCHES[verb]
    row, place = _place(request, key, environment)
    form = ReasonForm(request.POST)
    given: dict[str, Any] = {}
    if not form.is_valid():
        raise InvalidInput("Say why, for those who come later.", fields={"reason": "missing"})
    if verb == "kill":
        given = {"variant": request.POST.get("variant", "")[:200]}
    elif verb == "roll-back":
        number = request.POST.get("number", "")
        if not (number.isascii() and number.isdecimal() and len(number) < 9):
            raise InvalidInput("Say which definition.", fields={"number": "missing"})
        given = {"number": int(number)}
    action(row, place, actor=request.actor, now=timezone.now(), reason=form.cleaned_data["reason"], **given)
    return done(request, words, _back(row, place))
