"""One verb on a page of its own: for those who come by a link, and where a form was refused."""

from datetime import datetime

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from awayteam.engagements.forms.verbs import FORMS, VerbForm, form_for
from awayteam.engagements.queries import Option, Story
from awayteam.engagements.queries.timeline import Entry
from awayteam.engagements.views.story import load
from awayteam.engagements.words import VERB_WORDS
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.pages import done, render
from awayteam.kernel.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """The form of a verb. A refusal keeps what was typed (422); where the engagement changed since its reader saw it,
    what changed is shown (409), and the same form goes on from there."""
    if verb in ("sign", "propose"):
        return HttpResponseRedirect(reverse("engagement_sign", args=[pk]))
    if verb not in FORMS:
        raise NotFound(f"Nobody can {verb[:30]!r} an engagement.", "What can be done stands on its page.")
    now = timezone.now()
    found = load(request, pk, now)
    option = _option(found, verb)
    if request.method != "POST":
        return _page(request, found, verb, option, form_for(verb, found) if option and option.allowed else None, 200)
    form = form_for(verb, found, request.POST)
    if form.is_valid():
        try:
            if form.attempt(lambda: form.run(request.actor, now)) is not None:
                return done(request, f"Done: {VERB_WORDS[verb].lower()}.", reverse("engagement", args=[pk]))
        except Conflict as conflict:
            return _changed(request, pk, verb, form, conflict)
    return _page(request, found, verb, option, form, 422)


def _option(found: Story, verb: str) -> Option | None:
    return next((one for one in found.options if one.verb == verb), None)


def _changed(request: Request, pk: int, verb: str, form: VerbForm, conflict: Conflict) -> HttpResponse:
    """The engagement as it is now, what happened since, and the same words in a form that goes on from there."""
    found = load(request, pk, timezone.now())
    option, since = _option(found, verb), since_of(found, str(form.data.get("seen", "")))
    again = None
    if option is not None and option.allowed:
        data = request.POST.copy()
        data["version"], data["seen"] = str(found.engagement.version), found.engagement.changed_at.isoformat()
        again = form_for(verb, found, data)
    return _page(request, found, verb, option, again, 409, conflict=conflict, since=since)


def since_of(found: Story, seen: str) -> list[Entry]:
    """What happened since the reader saw it; the newest few entries where that isn't known."""
    try:
        at = datetime.fromisoformat(seen)
    except ValueError:
        return found.timeline[:3]
    return [entry for entry in found.timeline if at.tzinfo is not None and entry.at > at]


def typed(request: Request) -> str:
    """The words of a form that can't be sent any more, so that they aren't lost."""
    hidden = {"csrfmiddlewaretoken", "version", "seen", "do"}
    return "\n\n".join(str(text) for name, text in request.POST.items() if name not in hidden and str(text).strip())


def _page(
    request: Request, found: Story, verb: str, option: Option | None, form: VerbForm | None, status: int, *,
    conflict: Conflict | None = None, since: list[Entry] | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "story": found,
        "row": found.row,
        "verb": verb,
        "words": option.words if option else VERB_WORDS.get(verb, verb),
        "option": option,
        "form": form,
        "conflict": conflict,
        "since": since or [],
        "typed": typed(request) if conflict and form is None else "",
    }
    return render(request, "engagements/verb.html", context, status)
