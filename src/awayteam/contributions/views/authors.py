"""Authors of commits: who they are, and what people say of them."""

from typing import Any

from django import forms
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.contributions import actions, queries
from awayteam.contributions.models import CommitAuthor, Correction
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.queries.authors import KINDS
from awayteam.contributions.views.common import ALL, ROWS, frame
from awayteam.kernel.pages import PageForm, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person


@require_safe
def authors(request: Request) -> HttpResponseBase:
    """Authors, those whom nobody knows first: each with the commits that knowing them would explain."""
    kind = request.GET.get("kind", "unresolved")[:30]
    text = request.GET.get("q", "").strip()[:200]
    chosen = "" if kind in ("all", "guess") else kind

    def ask(cursor: str | None, limit: int) -> Any:
        return queries.authors(
            request.actor, kind=chosen, text=text, guesses=kind == "guess", cursor=cursor, limit=limit
        )

    if request.GET.get("format") == "csv":
        header = ("name", "e-mail", "commits", "is", "person", "method", "evidence", "guess")
        return csv_file("authors", header, (_author_cells(row) for row in ask(None, ALL).items))
    context = frame(request, "authors") | {
        "page": ask(request.GET.get("cursor") or None, ROWS),
        "numbers": queries.numbers(request.actor),
        "kinds": KINDS,
        "kind": kind,
        "text": text,
        "corrections": queries.corrections(request.actor),
        "may_correct": can(request.actor, Verb.CORRECT),
    }
    return render(request, "contributions/authors.html", context)


def _author_cells(row: queries.AuthorRow) -> tuple[Any, ...]:
    one = row.author
    person = one.person.ref if one.person else ""
    return (one.name, one.email, row.commits, one.kind, person, one.method, one.evidence, one.is_guess)


class CorrectionForm(PageForm):
    says = forms.ChoiceField(
        label="This author is",
        choices=[("person", "a person of the organisation"), ("bot", "a bot"), ("outsider", "somebody outside")],
    )
    person = forms.CharField(
        required=False, max_length=300, help_text="Name, handle, address or reference of the person."
    )
    reason = forms.CharField(max_length=2000, help_text="Stands in the history for everybody to read.")

    def named(self) -> Person | None:
        """The person that was named; raises `InvalidInput` where that is nobody or several."""
        text = self.cleaned_data["person"].strip()
        if self.cleaned_data["says"] != "person":
            return None
        return queries.person_named(text)


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Request, id: int) -> HttpResponseBase:
    """Say who an author is."""
    found, now = queries.author(request.actor, id), timezone.now()
    can(request.actor, Verb.CORRECT, None, now).require()
    form = CorrectionForm(request.POST or None, initial={"says": "person"})
    if request.method == "POST" and form.is_valid() and form.attempt(lambda: bool(_correct(request, found, form))):
        return done(request, f"{found} is corrected; commits are classed anew.", reverse("away_authors"))
    context = frame(request, "authors") | {
        "author": found,
        "form": form,
        "people": Person.objects.filter(left_at=None).order_by("display_name", "name")[:2000],
        "sample": queries.commits(request.actor, Choice(since="all"), CommitFilter(author=found.pk), limit=8).items,
    }
    return render(request, "contributions/correct.html", context, status=422 if form.is_bound else 200)


def _correct(request: Request, found: CommitAuthor, form: CorrectionForm) -> Correction:
    given = form.cleaned_data
    return actions.correct(
        actor=request.actor,
        now=timezone.now(),
        author=found,
        says=Correction.Says(given["says"]),
        person=form.named(),
        reason=given["reason"],
    )


@require_POST
def withdraw(request: Request, id: int) -> HttpResponseBase:
    """Undo a correction."""
    found = queries.correction(request.actor, id)
    actions.withdraw(
        actor=request.actor, now=timezone.now(), correction=found, reason=request.POST.get("reason", "")[:2000]
    )
    return done(request, f"The correction of {found.author} is withdrawn.", reverse("away_authors"))
