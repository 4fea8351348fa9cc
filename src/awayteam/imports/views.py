"""Pages of sources: their health, what is wrong in their files, and looking after them."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.imports import actions, queries
from awayteam.imports.actions import Wanted
from awayteam.imports.permissions import Verb, can
from awayteam.imports.queries import SourceRow
from awayteam.imports.results import count_entities
from awayteam.kernel import events
from awayteam.kernel.pages import PageForm, back, done, render
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.kernel.requests import Request
from awayteam.sources.models import Duplicate, Source

ROWS = 100


class SourceForm(PageForm):
    location = forms.CharField(
        max_length=4000,
        help_text="A folder or file on the server, a git repository there, or the address of one (https, ssh).",
    )
    name = forms.CharField(max_length=200, required=False, help_text="Left empty, it is called after its last part.")
    ref = forms.CharField(
        max_length=200, required=False, label="Branch, tag or commit", help_text="Of a git repository."
    )
    globs = forms.CharField(
        required=False,
        label="Files",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One pattern a line, such as services/*/catalog-info.yaml. Left empty: all that a format recognises.",
    )
    watched = forms.BooleanField(required=False, label="Look at it again and again", initial=True)

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        globs = tuple(line.strip() for line in given["globs"].splitlines() if line.strip())
        return Wanted(given["location"], given["name"], given["ref"], globs, given["watched"])


class SourceEditForm(PageForm):
    name = forms.CharField(max_length=200)
    ref = forms.CharField(max_length=200, required=False, label="Branch, tag or commit")
    globs = forms.CharField(required=False, label="Files", widget=forms.Textarea(attrs={"rows": 3}))
    watched = forms.BooleanField(required=False, label="Look at it again and again")
    reason = forms.CharField(max_length=2000, required=False)


@require_safe
def index(request: Request) -> HttpResponse:
    now = timezone.now()
    rows = queries.sources(request.actor, now=now)
    context = {
        "rows": [(row, state_of(row)) for row in rows],
        "may_create": can(request.actor, Verb.CREATE, None, now),
    }
    return render(request, "imports/sources.html", context)


def state_of(row: SourceRow) -> str:
    """The health of a source, or "waiting" while an import was asked for and hasn't begun."""
    asked, tried = row.refresh_requested_at, row.last_attempt_at
    return "waiting" if asked is not None and (tried is None or tried < asked) else row.health


@require_safe
def source(request: Request, id: int) -> HttpResponse:
    """The health of one source, then its findings, duplicates, files or history."""
    now = timezone.now()
    row, found = queries.source(request.actor, id, now=now), queries.get(request.actor, id)
    part, here, state = request.GET.get("part", ""), reverse("source", args=[id]), state_of(row)
    context: dict[str, Any] = {
        "source": row,
        "state": state,
        "tab": part if part in ("files", "duplicates", "history") else "findings",
        "tabs": [
            ("findings", "What is wrong", here, row.errors),
            ("duplicates", "Duplicates", f"{here}?part=duplicates", row.duplicates),
            ("files", "Files", f"{here}?part=files", row.files),
            ("history", "History", f"{here}?part=history", None),
        ],
        "kinds": sorted(count_entities([id]).items(), key=lambda pair: -pair[1]),
        "may": {verb.name.lower(): can(request.actor, verb, found, now) for verb in Verb},
        "is_busy": state == "waiting",
    }
    if part == "state":
        return render(request, "imports/source_state.html", context)
    cursor = request.GET.get("cursor") or None
    match context["tab"]:
        case "history":
            context["events"] = events.history("source", id, before=cursor)
        case "files":
            context["page"] = queries.files(request.actor, found, cursor=cursor, limit=ROWS)
        case "duplicates":
            context["page"] = _duplicates(found, cursor)
        case _:
            context["page"] = queries.findings(request.actor, found, cursor=cursor, limit=ROWS)
    return render(request, "imports/source.html", context)


def _duplicates(source: Source, cursor: str | None) -> Page[Duplicate]:
    rows = Duplicate.objects.filter(dropped_file__source=source).select_related("dropped_file", "kept_file__source")
    if cursor:
        rows = rows.filter(pk__gt=decode_cursor(cursor, int)[0])
    return page_of(list(rows.order_by("pk")[: ROWS + 1]), ROWS, lambda row: (row.pk,))


@require_http_methods(["GET", "HEAD", "POST"])
def source_push(request: Request, id: int) -> HttpResponse:
    """What is to be entered in the forge, so that a push is imported within seconds; a POST makes a new secret."""
    found, now = queries.get(request.actor, id), timezone.now()
    if request.method == "POST":
        secret = actions.renew_secret(found, actor=request.actor, now=now)
    else:
        secret = actions.show_secret(found, actor=request.actor, now=now)
    address = f"{settings.URL}/hooks/{found.pk}"
    return render(request, "imports/source_push.html", {"source": found, "secret": secret, "push_address": address})


@require_http_methods(["GET", "HEAD", "POST"])
def source_new(request: Request) -> HttpResponseBase:
    now = timezone.now()
    can(request.actor, Verb.CREATE, None, now).require()
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.create(form.wanted(), actor=request.actor, now=now))
        if made:
            actions.request_refresh(made, actor=request.actor, now=now)
            return done(
                request,
                f"The source {made.name} is added; its import begins in a moment.",
                reverse("source", args=[made.pk]),
            )
    return render(
        request, "imports/source_form.html", {"form": form, "source": None}, status=422 if form.is_bound else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def source_edit(request: Request, id: int) -> HttpResponseBase:
    found, now = queries.get(request.actor, id), timezone.now()
    can(request.actor, Verb.UPDATE, found, now).require()
    present = {"name": found.name, "ref": found.ref, "globs": "\n".join(found.globs), "watched": found.watched}
    form = SourceEditForm(request.POST or None, initial=present)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        globs = [line.strip() for line in given["globs"].splitlines() if line.strip()]

        def change() -> bool:
            who: dict[str, Any] = {"actor": request.actor, "now": now, "reason": given["reason"]}
            actions.rename(found, given["name"], **who)
            actions.update(found, globs=globs, ref=given["ref"], watched=given["watched"], **who)
            return True

        if form.attempt(change):
            return done(
                request,
                f"The source {found.name} is changed; the next import follows it.",
                reverse("source", args=[id]),
            )
    return render(
        request, "imports/source_form.html", {"form": form, "source": found}, status=422 if form.is_bound else 200
    )


@require_POST
def source_refresh(request: Request, id: int) -> HttpResponseBase:
    found = queries.get(request.actor, id)
    actions.request_refresh(found, actor=request.actor, now=timezone.now())
    return done(request, f"{found.name} is imported in a moment.", back(request, reverse("source", args=[id])))


@require_POST
def source_remove(request: Request, id: int) -> HttpResponseBase:
    found = queries.get(request.actor, id)
    reason = request.POST.get("reason", "")[:2000]
    actions.remove(found, actor=request.actor, now=timezone.now(), reason=reason, wait_seconds=10)
    return done(
        request, f"The source {found.name} is removed. What only it declared is an orphan now.", reverse("sources")
    )
