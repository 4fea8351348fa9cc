"""Pages of press releases: those of a team, one version, writing, and comparing two versions."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from awayteam.discussions import queries as discussions
from awayteam.kernel import markdown
from awayteam.kernel.pages import ReasonForm, done, render
from awayteam.kernel.requests import Request
from awayteam.roadmaps import actions, queries
from awayteam.roadmaps.actions.documents import subject
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Document, Goal, Item
from awayteam.roadmaps.places import address
from awayteam.roadmaps.views.shared import TeamPage, goals_for, team_page, whole

START = """# Press release

*For the day on which it is there: what it is, for whom, and why they are glad.*

# Questions and answers

**Who is it for?**

**What do they do today instead?**

**How will we know that it works?**
"""


@require_safe
def index(request: Request, namespace: str, name: str) -> HttpResponse:
    page = team_page(request, namespace, name)
    context = page.context("documents") | {"documents": queries.documents(request.actor, page.team)}
    return render(request, "roadmaps/documents.html", context)


@require_safe
def document(request: Request, namespace: str, name: str, slug: str) -> HttpResponse:
    """One document: the newest version, or the one that `?version=` names."""
    page = team_page(request, namespace, name)
    row = queries.document(request.actor, page.team, slug)
    view = queries.read(row, whole(request.GET.get("version", ""), "version"))
    text = markdown.parse(view.shown.text)
    here = address(page.team, f"documents/{row.slug}")
    context = page.context("documents") | {
        "document": row,
        "view": view,
        "html": text.html(markdown.resolve(request.actor, text.names)),
        "goals": list(row.goals.select_related("team")),
        "items": list(row.items.select_related("team")),
        "here": here,
    }
    context |= discussions.box(request, subject(row), address=here)
    return render(request, "roadmaps/document.html", context)


@require_safe
def compare(request: Request, namespace: str, name: str, slug: str) -> HttpResponse:
    """What changed between two versions; by default the newest and the one before."""
    page = team_page(request, namespace, name)
    row = queries.document(request.actor, page.team, slug)
    new = whole(request.GET.get("new", ""), "new") or row.latest
    old = whole(request.GET.get("old", ""), "old") or max(new - 1, 1)
    before, after, lines = queries.compare(row, old, new)
    context = page.context("documents") | {"document": row, "before": before, "after": after, "lines": lines}
    return render(request, "roadmaps/compare.html", context | {"here": address(page.team, f"documents/{row.slug}")})


class DocumentForm(ReasonForm):
    title = forms.CharField(max_length=300)
    text = forms.CharField(
        max_length=50_000, strip=False, widget=forms.Textarea(attrs={"rows": 24}), help_text="Markdown."
    )
    goals = forms.ModelMultipleChoiceField(
        queryset=Goal.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    items = forms.ModelMultipleChoiceField(
        queryset=Item.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("title", "text", "goals", "items", "base", "reason")


MOST_CHOICES = 60


def _form(page: TeamPage, row: Document | None, *arguments: Any, **more: Any) -> DocumentForm:
    form = DocumentForm(*arguments, **more)
    goals, items = goals_for(page.team), Item.objects.filter(team=page.team, state__in=OPEN).order_by("rank", "pk")
    mine = set(items.values_list("pk", flat=True)[:MOST_CHOICES])
    theirs = set(goals.values_list("pk", flat=True)[:MOST_CHOICES])
    if row is not None:
        mine |= set(row.items.values_list("pk", flat=True))
        theirs |= set(row.goals.values_list("pk", flat=True))
    form.fields["goals"].queryset = Goal.objects.filter(pk__in=theirs)  # type: ignore[attr-defined]
    form.fields["items"].queryset = Item.objects.filter(pk__in=mine).order_by("rank", "pk")  # type: ignore[attr-defined]
    return form


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, namespace: str, name: str) -> HttpResponseBase:
    page = team_page(request, namespace, name)
    page.edit.require()
    form = _form(page, None, request.POST or None, initial={"text": START})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.create_document(
                actor=request.actor, now=page.now, team=page.team, title=given["title"], text=given["text"],
                goals=given["goals"], items=given["items"], reason=given["reason"],
            )
        )  # fmt: skip
        if made:
            return done(request, f"{made} is written.", address(page.team, f"documents/{made.slug}"))
    context = page.context("documents") | {"form": form, "document": None}
    return render(request, "roadmaps/document_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: Request, namespace: str, name: str, slug: str) -> HttpResponseBase:
    """Another version of a document, and what it is about."""
    page = team_page(request, namespace, name)
    page.edit.require()
    row = queries.document(request.actor, page.team, slug)
    shown = queries.read(row).shown
    linked: dict[str, list[Any]] = {"goals": list(row.goals.all()), "items": list(row.items.all())}
    form = _form(
        page, row, request.POST or None,
        initial={"title": row.title, "text": shown.text, "base": row.latest, **linked},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and form.attempt(lambda: _write(request, page, row, form, linked)):
        return done(request, "Another version is written.", address(page.team, f"documents/{row.slug}"))
    context = page.context("documents") | {"form": form, "document": row}
    return render(request, "roadmaps/document_form.html", context, status=422 if form.is_bound else 200)


def _write(request: Request, page: TeamPage, row: Document, form: DocumentForm, linked: dict[str, list[Any]]) -> bool:
    given = form.cleaned_data
    newest = queries.read(row).shown
    text = given["text"].replace("\r\n", "\n")
    relinked = any(set(given[name]) != set(linked[name]) for name in linked)
    with transaction.atomic():
        if relinked:
            actions.link_document(
                actor=request.actor, now=page.now, document=row, goals=given["goals"], items=given["items"],
                reason=given["reason"],
            )  # fmt: skip
        if text != newest.text or given["title"] != row.title or not relinked:
            actions.write_document(
                actor=request.actor, now=page.now, document=row, title=given["title"], text=text,
                reason=given["reason"], base=given["base"],
            )  # fmt: skip
    return True
