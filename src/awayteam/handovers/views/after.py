"""What comes after a handover: deployments, defects, looking back, and the suggestion that a service serves itself."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import visible as visible_entities
from awayteam.discussions.queries import box
from awayteam.handovers import actions, queries
from awayteam.handovers.forms import DEFECT_FORMS, DefectForm, DeployForm, LookBackForm, VersionForm
from awayteam.handovers.machine import DefectVerb
from awayteam.handovers.models import Defect
from awayteam.handovers.plots import DEFECT
from awayteam.handovers.queries import DefectStory
from awayteam.handovers.views.handovers import engagement_of
from awayteam.handovers.words import DEFECT_STATE_WORDS, DEFECT_TONES, STEP_WORDS
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.pages import ReasonForm, csv_file, done, render
from awayteam.kernel.paging import Page
from awayteam.kernel.requests import Request

PAGE = 50
DEFECT_VERBS: dict[str, Any] = {
    DefectVerb.DISMISS.value: actions.dismiss,
    DefectVerb.DISPUTE.value: actions.dispute,
    DefectVerb.FIX.value: actions.fix,
    DefectVerb.RULE.value: actions.rule,
    DefectVerb.TAKE.value: actions.take,
}
STATES = ("open", "closed", "all")


@require_http_methods(["GET", "HEAD", "POST"])
def deploy(request: Request, engagement: int) -> HttpResponseBase:
    """Record where it runs."""
    now = timezone.now()
    row = engagement_of(request, engagement, now)
    form = DeployForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        given = {"actor": request.actor, "now": now, "version": form.cleaned_data["version"], **form.values()}
        if form.attempt(lambda: actions.deploy(row.pk, **given)) is not None:
            return done(request, "The deployment is recorded.", reverse("engagement", args=[row.pk]))
    context = {"form": form, "engagement": row, "deployments": queries.deployments(row)}
    return render(request, "handovers/deploy.html", context, 422 if request.method == "POST" else 200)


COLUMNS = (
    *(
        "number",
        "title",
        "state",
        "severity",
        "engagement",
        "away team",
        "home team",
        "service",
        "whose",
        "under warranty",
    ),
    *("repository", "path", "line", "commit", "turn", "turn of team", "due at", "found at", "reported by"),
    *("reported at", "ended at", "address"),
)
EXPORT_MOST, EXPORT_PAGE = 100_000, 1_000


@require_safe
def defects(request: Request) -> HttpResponseBase:
    """The list of defects: all that the reader may see, of an engagement or of a service."""
    now, state = timezone.now(), request.GET.get("state", "open")
    if state not in STATES:
        raise InvalidInput(f"There is no state {state[:30]!r}.", "open, closed or all.", {"state": "unknown"})
    number = request.GET.get("engagement", "")
    engagement = engagement_of(request, int(number), now) if number.isdecimal() and len(number) < 18 else None
    ref = request.GET.get("service", "").strip()[:300]
    service = catalog.resolve(request.actor, ref) if ref else None
    sort = request.GET.get("sort", "age")

    def read(cursor: str | None, limit: int, *, counted: bool = False) -> Page[Defect]:
        return queries.defects(
            request.actor, engagement=engagement, service=service, state=state, sort=sort, now=now, cursor=cursor,
            limit=limit, counted=counted,
        )  # fmt: skip

    if request.GET.get("format") == "csv":
        return csv_file("defects", COLUMNS, (_values(request, row) for row in _all(read)))
    page = read(request.GET.get("cursor") or None, PAGE, counted=True)
    context = {"page": page, "state": state, "states": STATES, "sort": sort, "engagement": engagement,
               "service": service, "defect_words": DEFECT_STATE_WORDS, "defect_tones": DEFECT_TONES}  # fmt: skip
    return render(request, "handovers/defects.html", context)


def _all(read: Callable[[str | None, int], Page[Defect]]) -> Iterator[Defect]:
    """Every row of the list, page by page."""
    cursor, sent = None, 0
    while sent < EXPORT_MOST:
        page = read(cursor, EXPORT_PAGE)
        yield from page.items
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _values(request: Request, row: Defect) -> tuple[Any, ...]:
    visit = row.engagement
    return (
        *(row.pk, row.title, row.state, row.severity, visit.pk, visit.away_team.ref, visit.home_team.ref),
        *(visit.service.ref if visit.service else "", row.routed, row.under_warranty, row.repository, row.path),
        *(row.line, row.commit, row.turn_person.ref if row.turn_person else ""),
        *(row.turn_team.ref if row.turn_team else "", row.due_at, row.found_at, row.label, row.created_at),
        *(row.closed_at, request.build_absolute_uri(reverse("defect", args=[row.pk]))),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def defect_new(request: Request) -> HttpResponseBase:
    """Report a defect of an engagement (`?engagement=`) or of a service (`?service=`)."""
    now = timezone.now()
    number, ref = request.GET.get("engagement", ""), request.GET.get("service", "").strip()[:300]
    engagement = engagement_of(request, int(number), now) if number.isdecimal() and len(number) < 18 else None
    service = catalog.resolve(request.actor, ref) if ref and engagement is None else None
    if engagement is None and service is None:
        raise NotFound("Say of what it is a defect.", "Come from the page of an engagement or of a service.")
    form = DefectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {"engagement": engagement, "service": service, "found": form.found()}
        made = form.attempt(lambda: actions.report(actor=request.actor, now=now, **given))
        if made is not None:
            return done(request, "It is reported, and somebody has the turn.", reverse("defect", args=[made.pk]))
    context = {"form": form, "engagement": engagement, "service": service}
    return render(request, "handovers/defect_new.html", context, 422 if request.method == "POST" else 200)


@require_safe
def defect(request: Request, pk: int) -> HttpResponseBase:
    return _defect_page(request, queries.defect_story(request.actor, pk, timezone.now()))


def _defect_page(
    request: Request, story: DefectStory, *, refused: VersionForm | None = None, verb: str = "", status: int = 200
) -> HttpResponseBase:
    forms = {one.verb: _defect_form(one.verb, story) for one in story.next.can_do}
    if refused is not None:
        forms[verb] = refused
    context = {
        "story": story,
        "row": story.row,
        "engagement": story.row.engagement,
        "forms": forms,
        "opened": verb or request.GET.get("do", ""),
        "main_verb": next((one for one in ("rule", "fix") if one in forms), ""),
        "step_words": STEP_WORDS,
        **box(request, DEFECT.subject(story.row), address=DEFECT.address(story.row)),
    }
    return render(request, "handovers/defect.html", context, status)


def _defect_form(verb: str, story: DefectStory, data: Any = None) -> VersionForm:
    return DEFECT_FORMS[verb](data, initial={"version": story.row.version}, auto_id=f"{verb}_%s")


@require_http_methods(["GET", "HEAD", "POST"])
def defect_verb(request: Request, pk: int, verb: str) -> HttpResponseBase:
    if verb not in DEFECT_VERBS:
        raise NotFound(f"Nobody can {verb[:30]!r} a defect.", "What can be done stands on its page.")
    now = timezone.now()
    found = queries.defect_story(request.actor, pk, now)
    if request.method != "POST":
        return _defect_page(request, found, verb=verb)
    form = _defect_form(verb, found, request.POST)
    if form.is_valid():
        given = {"actor": request.actor, "now": now, "version": form.cleaned_data["version"], **form.values()}
        if form.attempt(lambda: DEFECT_VERBS[verb](pk, **given)) is not None:
            return done(request, "It is done.", reverse("defect", args=[pk]))
    return _defect_page(request, found, refused=form, verb=verb, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def looking_back(request: Request, engagement: int) -> HttpResponseBase:
    """The retrospective: five questions, and the answers that may be read."""
    now = timezone.now()
    row = engagement_of(request, engagement, now)
    found = queries.looking_back(request.actor, row, now)
    said = [one["answer"] for one in found.own.answers] if found.own is not None else None
    said = said if said is not None and len(said) == len(found.questions) else None
    form = LookBackForm(request.POST or None, questions=found.questions, said=said)
    if request.method == "POST" and form.is_valid():
        answers = form.answers()
        if form.attempt(lambda: actions.look_back(row.pk, actor=request.actor, now=now, answers=answers)) is not None:
            return done(request, "Your answers are kept.", reverse("looking_back", args=[row.pk]))
    context = {"found": found, "engagement": row, "form": form}
    return render(request, "handovers/looking_back.html", context, 422 if request.method == "POST" else 200)


@require_safe
def self_service(request: Request) -> HttpResponseBase:
    """Services that should rather serve themselves."""
    return render(request, "handovers/self_service.html", {"rows": queries.self_service(request.actor, timezone.now())})


@require_http_methods(["GET", "HEAD", "POST"])
def put_aside(request: Request, service: int) -> HttpResponseBase:
    """Put the suggestion about one service aside, with the reason."""
    now = timezone.now()
    entity = visible_entities(request.actor, Entity.objects.filter(pk=service), now).select_related("owner").first()
    rows = queries.self_service(request.actor, now, service=entity) if entity is not None else []
    if entity is None or not rows:
        raise NotFound("Nothing is suggested for this service now.", "Look at the list.")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["reason"]
        if form.attempt(lambda: actions.put_aside(entity, actor=request.actor, now=now, words=words)) is not None:
            return done(request, "It is put aside.", reverse("self_service"))
    context = {"form": form, "one": rows[0]}
    return render(request, "handovers/put_aside.html", context, 422 if request.method == "POST" else 200)
