"""The story of one request, a form for each verb, and the brief of its escalation."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.discussions.queries import box
from awayteam.kernel import rulebook
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.pages import done, render
from awayteam.kernel.requests import Request
from awayteam.requests import queries
from awayteam.requests.forms import FORMS, form_for
from awayteam.requests.forms.base import VerbForm
from awayteam.requests.queries import Option, Story
from awayteam.requests.queries.timeline import Entry
from awayteam.requests.stepping import address_of, subject_of
from awayteam.requests.words import VERB_WORDS

FIRST = ("accept", "answer", "take-over", "assign", "reshuffle", "confirm", "deliver", "send-away", "finish-away")
"""Verbs whose button is the first and strongest where they are possible."""


def load(request: Request, pk: int, now: datetime) -> Story:
    """The story of the request that the address names. Raises `NotFound`."""
    return queries.story(request.actor, queries.load(request.actor, pk, now), now)


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    return render(request, "requests/story.html", context_of(request, load(request, pk, timezone.now())))


def context_of(request: Request, found: Story, open_form: VerbForm | None = None, verb: str = "") -> dict[str, Any]:
    """What the story's page needs; `open_form` is one that was refused, of `verb`."""
    forms = {option.verb: form_for(option.verb, found) for option in found.can_do}
    if open_form is not None:
        forms[verb] = open_form
    opened = verb or request.GET.get("do", "")
    return {
        "story": found,
        "row": found.row,
        "forms": forms,
        "opened": opened,
        "main_verb": next((one for one in FIRST if one in forms), ""),
        "unit": rulebook.current().requests.value_unit,
        **box(request, subject_of(found.request), address=address_of(found.request)),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One verb on a page of its own: for those who come by a link, and where a form was refused.

    A refusal keeps what was typed. Where the request changed since its reader saw it, what changed is shown (409), and
    the same form goes on from there.
    """
    if verb not in FORMS:
        raise NotFound(f"Nobody can {verb[:30]!r} a request.", "What can be done stands on its page.")
    now = timezone.now()
    found = load(request, pk, now)
    option = next((one for one in found.options if one.verb == verb), None)
    if request.method != "POST":
        return _page(request, found, verb, option, form_for(verb, found) if option and option.allowed else None, 200)
    form = form_for(verb, found, request.POST)
    if form.is_valid():
        try:
            if form.attempt(lambda: form.run(request.actor, now)) is not None:
                return done(request, _told(verb), reverse("request", args=[pk]))
        except Conflict as conflict:
            return _changed(request, pk, verb, form, conflict)
    return _page(request, found, verb, option, form, 422)


def _told(verb: str) -> str:
    plain = {
        "join": "Your team asks for it too.",
        "note-time": "The time is counted.",
        "reassign": "Somebody else has the turn now.",
        "revise": "What is asked is changed.",
    }
    return plain.get(verb) or f"Done: {VERB_WORDS[verb].lower()}."


def _changed(request: Request, pk: int, verb: str, form: VerbForm, conflict: Conflict) -> HttpResponse:
    """The request as it is now, what happened since, and the same words in a form that goes on from there."""
    found = load(request, pk, timezone.now())
    option = next((one for one in found.options if one.verb == verb), None)
    since = _since(found, str(form.data.get("seen", "")))
    again = None
    if option is not None and option.allowed:
        data = request.POST.copy()
        data["version"], data["seen"] = str(found.request.version), found.request.changed_at.isoformat()
        again = form_for(verb, found, data)
    return _page(request, found, verb, option, again, 409, conflict=conflict, since=since)


def _since(found: Story, seen: str) -> list[Entry]:
    try:
        at = datetime.fromisoformat(seen)
    except ValueError:
        return found.timeline[:3]
    return [entry for entry in found.timeline if at.tzinfo is not None and entry.at > at]


def _typed(request: Request) -> str:
    """The words of a form that can't be sent any more, so that they aren't lost."""
    hidden = {"csrfmiddlewaretoken", "version", "seen"}
    return "\n\n".join(str(text) for name, text in request.POST.items() if name not in hidden and str(text).strip())


def _page(
    request: Request,
    found: Story,
    verb: str,
    option: Option | None,
    form: VerbForm | None,
    status: int,
    *,
    conflict: Conflict | None = None,
    since: list[Entry] | None = None,
) -> HttpResponse:
    context = {
        "story": found,
        "row": found.row,
        "verb": verb,
        "words": option.words if option else VERB_WORDS.get(verb, verb),
        "option": option,
        "form": form,
        "conflict": conflict,
        "since": since or [],
        "typed": _typed(request) if conflict and form is None else "",
        "unit": rulebook.current().requests.value_unit,
    }
    return render(request, "requests/verb.html", context, status)
