"""A handover's page: its checklist with evidence, and what can be done with it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.discussions.queries import box
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible
from awayteam.handovers import actions, queries
from awayteam.handovers.forms import FORMS, EvidenceForm, MaySayForm, RefuseForm, SayForm, VersionForm
from awayteam.handovers.machine import Verb
from awayteam.handovers.plots import HANDOVER
from awayteam.handovers.queries import HandoverStory
from awayteam.handovers.rules import WALKTHROUGH
from awayteam.handovers.words import STEP_WORDS
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request

VERBS: dict[str, Any] = {
    Verb.ACCEPT.value: actions.accept,
    Verb.REFUSE.value: actions.refuse,
    Verb.SUBMIT.value: actions.submit,
    Verb.TAKE_BACK.value: actions.take_back,
}
TOLD = {
    "accept": "The handover is accepted.",
    "refuse": "The handover is refused; the away team goes on.",
    "submit": "The home team has it now.",
    "take-back": "It is taken back; you work on.",
}
FIRST = ("submit", "accept")
LINE_VERBS = ("evidence", "tick", "reopen", "waive")


def _form(verb: str, story: HandoverStory, data: Any = None) -> VersionForm:
    more: dict[str, Any] = {"initial": {"version": story.row.version}, "auto_id": f"{verb}_%s"}
    if verb == Verb.REFUSE:
        return RefuseForm(data, story=story, **more)
    return FORMS[verb](data, **more)


def _page(
    request: Request, story: HandoverStory, *, refused: PageForm | None = None, verb: str = "", line: int = 0,
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    """The page; `refused` is a form that was sent and not taken, of `verb`, of a line where one is given."""
    forms: dict[str, PageForm] = {one.verb: _form(one.verb, story) for one in story.next.can_do}
    if refused is not None and not line:
        forms[verb] = refused
    context = {
        "story": story,
        "row": story.row,
        "engagement": story.row.engagement,
        "forms": forms,
        "opened": verb or request.GET.get("do", ""),
        "main_verb": next((one for one in FIRST if one in forms), ""),
        "line_forms": _line_forms(story, refused, verb, line),
        "opened_line": line,
        "step_words": STEP_WORDS,
        **box(request, HANDOVER.subject(story.row), address=HANDOVER.address(story.row)),
    }
    return render(request, "handovers/handover.html", context, status)


def _line_forms(
    story: HandoverStory, refused: PageForm | None, verb: str, line: int
) -> dict[tuple[int, str], PageForm]:
    """The forms of every line that the reader may use, by number and verb."""
    if not story.can_change:
        return {}
    made: dict[tuple[int, str], PageForm] = {}
    for one in story.lines:
        number = one.row.number
        if story.works and not one.by_itself and one.state == "open":
            made[number, "evidence"] = _line_form(story, number, "evidence")
        if story.waives and one.state != "waived":
            made[number, "waive"] = _line_form(story, number, "waive")
        if (story.works and one.state == "done" and not one.by_itself) or (story.waives and one.state == "waived"):
            made[number, "reopen"] = _line_form(story, number, "reopen")
    if refused is not None and line:
        made[line, verb] = refused
    return made


def _line_form(story: HandoverStory, number: int, verb: str, data: Any = None, files: Any = None) -> VersionForm:
    more: dict[str, Any] = {"initial": {"version": story.row.version}, "auto_id": f"line{number}_{verb}_%s"}
    if verb == "evidence":
        walkthrough = any(one.row.number == number and one.row.key == WALKTHROUGH for one in story.lines)
        return EvidenceForm(data, files, standing=story.standing.sides, walkthrough=walkthrough, **more)
    return MaySayForm(data, **more) if verb == "tick" else SayForm(data, **more)


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    return _page(request, queries.handover_story(request.actor, pk, timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
def verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    """One verb: sent from the page; by a link it opens there. A refusal keeps what was typed."""
    if verb not in VERBS:
        raise NotFound(f"Nobody can {verb[:30]!r} a handover.", "What can be done stands on its page.")
    now = timezone.now()
    found = queries.handover_story(request.actor, pk, now)
    if request.method != "POST":
        return _page(request, found, verb=verb)
    form = _form(verb, found, request.POST)
    if form.is_valid():
        given = {"actor": request.actor, "now": now, "version": form.cleaned_data["version"], **form.values()}
        if form.attempt(lambda: VERBS[verb](pk, **given)) is not None:
            return done(request, TOLD[verb], reverse("handover", args=[pk]))
    return _page(request, found, refused=form, verb=verb, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def line(request: Request, pk: int, number: int, verb: str) -> HttpResponseBase:
    """Evidence for a line, its tick, its waiver."""
    now = timezone.now()
    found = queries.handover_story(request.actor, pk, now)
    if verb not in LINE_VERBS or all(one.row.number != number for one in found.lines):
        raise NotFound("There is no such line, or no such thing to do with it.", "Look at the checklist.")
    if request.method != "POST":
        return _page(request, found, verb=verb, line=number)
    form = _line_form(found, number, verb, request.POST, request.FILES)
    if form.is_valid() and form.attempt(lambda: _act(request, found, number, verb, form, now)):
        return done(request, f"Line {number} is changed.", f"{reverse('handover', args=[pk])}#line-{number}")
    return _page(request, found, refused=form, verb=verb, line=number, status=422)


def _act(request: Request, story: HandoverStory, number: int, verb: str, form: VersionForm, now: datetime) -> bool:
    who: dict[str, Any] = {"actor": request.actor, "now": now, "version": form.cleaned_data["version"]}
    if verb == "evidence":
        actions.add_evidence(story.row.pk, number, **who, **form.values())
        if request.POST.get("tick"):
            who.pop("version")
            actions.tick(story.row.pk, number, **who)
    elif verb == "tick":
        actions.tick(story.row.pk, number, **who)
    elif verb == "waive":
        actions.waive(story.row.pk, number, **who, **form.values())
    else:
        actions.reopen(story.row.pk, number, **who, **form.values())
    return True


@require_POST
def remove_evidence(request: Request, pk: int, evidence: int) -> HttpResponseBase:
    actions.remove_evidence(pk, evidence, actor=request.actor, now=timezone.now())
    return done(request, "The evidence is removed.", reverse("handover", args=[pk]))


@require_POST
def begin(request: Request, engagement: int) -> HttpResponseBase:
    """Begin to hand over an engagement."""
    made = actions.begin(engagement, actor=request.actor, now=timezone.now())
    return done(request, "The checklist waits to be filled in.", reverse("handover", args=[made.pk]))


def engagement_of(request: HttpRequest | Request, pk: int, now: datetime) -> Engagement:
    """The engagement that the address names. Raises `NotFound`."""
    actor = request.actor  # type: ignore[union-attr]
    related = ("home_team", "away_team", "service")
    found = visible(actor, Engagement.objects.filter(pk=pk), now).select_related(*related).first()
    if found is None:
        raise NotFound(f"There is no engagement {pk}.", "Look at the list.")
    return found
