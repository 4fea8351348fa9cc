"""Pages of the away map."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.contributions import actions, drawing, queries
from awayteam.contributions.matrix import matrix
from awayteam.contributions.models import CommitAuthor, Correction
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.queries import Choice, CommitFilter
from awayteam.contributions.queries.areas import SORTS
from awayteam.contributions.queries.authors import KINDS
from awayteam.contributions.queries.scope import at
from awayteam.contributions.rules import DEFINITIONS
from awayteam.kernel import rulebook
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.pages import PageForm, csv_file, done, render
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person

SPANS = (
    ("3mo", "3 months"),
    ("6mo", "6 months"),
    ("12mo", "12 months"),
    ("24mo", "24 months"),
    ("all", "all that is kept"),
)
AREA_HEADER = (
    "repository", "area", "owner", "commits", "home", "away", "authors", "top author's share", "file", "line",
)  # fmt: skip
ROWS = 50
ALL = 100_000
WINDOW = (
    "Commits by committer date, counted back from each repository's newest commit unless a date is chosen; both ends "
    "inclusive, UTC."
)
PLACE = ("since", "until", "as_of", "by", "repository")
"""Parameters that make up the window; links to commits carry them."""


def choice_of(request: Request) -> Choice:
    """The window, reading and grouping in the address. Raises `InvalidInput`."""
    given = request.GET
    return Choice(
        since=given.get("since", "").strip()[:40] or "12mo",
        until=given.get("until", "").strip()[:40],
        as_of=given.get("as_of", "").strip()[:10],
        by=given.get("by", "").strip()[:10] or "team",
        repository=_number(given.get("repository", "")),
    )


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput(f"{text[:40]!r} is no number.", "Take the link from a list.")
    return int(text)


def _kept(request: Request) -> str:
    """The window's part of an address, for links to other pages of the map."""
    from urllib.parse import urlencode

    return urlencode([(name, request.GET[name]) for name in PLACE if request.GET.get(name)])


def frame(request: Request, tab: str) -> dict[str, Any]:
    kept = _kept(request)

    def there(name: str) -> str:
        return reverse(name) + (f"?{kept}" if kept else "")

    tabs = [
        ("map", "Map", there("away_map"), None),
        ("areas", "Areas", there("away_areas"), None),
        ("belonging", "Belonging", there("away_belonging"), None),
        ("contradictions", "Contradictions", reverse("away_contradictions"), None),
        ("authors", "Authors", reverse("away_authors"), None),
        ("repositories", "Repositories", reverse("away_repositories"), None),
    ]
    return {"tab": tab, "tabs": tabs, "kept": kept, "spans": SPANS, "commits_at": _commits_at(kept), "at": at}


def _commits_at(kept: str) -> Any:
    """Makes the address of the list of commits behind a number."""
    from urllib.parse import urlencode

    def address(**which: Any) -> str:
        given = urlencode([(name, value) for name, value in which.items() if value not in ("", None)])
        query = "&".join(part for part in (kept, given) if part)
        return reverse("away_commits") + (f"?{query}" if query else "")

    return address


@require_safe
def away_map(request: Request) -> HttpResponseBase:
    """The map: how much comes from whom, the matrix, the largest flows, and how it went over time."""
    choice = choice_of(request)
    found = queries.away_map(request.actor, choice)
    if request.GET.get("format") == "csv":
        header = ("from", "from reference", "to", "to reference", "class", "commits", "file changes")
        return csv_file("away-map", header, (_flow_cells(row) for row in found.flows))
    series = queries.over_time(found.scope)
    highest = max((p.home + p.away for one in series for p in one.periods), default=0)
    sort = request.GET.get("sort", "away")[:30]
    context = frame(request, "map") | {
        "found": found,
        "choice": choice,
        "matrix": matrix(found.flows, sort=sort, most=ALL if request.GET.get("all") == "yes" else 40),
        "sort": sort,
        "sankey": drawing.sankey(found.flows),
        "series": [(one, drawing.multiple(one, highest)) for one in series],
        "away_flows": [row for row in found.flows if not row.is_home],
        "definitions": DEFINITIONS | {"window": WINDOW},
        "may_follow": can(request.actor, Verb.FOLLOW),
    }
    return render(request, "contributions/map.html", context)


def _flow_cells(row: queries.FlowRow) -> tuple[Any, ...]:
    kind = "home" if row.is_home else "away"
    return (row.origin.label, row.origin.ref, row.target.label, row.target.ref, kind, row.commits, row.files)


@require_safe
def areas(request: Request) -> HttpResponseBase:
    choice, book = choice_of(request), rulebook.current().contributions
    sort, sole = request.GET.get("sort", "commits"), request.GET.get("sole") == "yes"
    owner = request.GET.get("owner", "")[:20]

    def ask(cursor: str | None, limit: int) -> Any:
        return queries.areas(request.actor, choice, book, sort=sort, sole=sole, owner=owner, cursor=cursor, limit=limit)

    if request.GET.get("format") == "csv":
        header = (
            "repository",
            "area",
            "owner",
            "commits",
            "home",
            "away",
            "authors",
            "top author's share",
            "file",
            "line",
        )
        return csv_file("areas", header, (_area_cells(row) for row in ask(None, ALL).items))
    context = frame(request, "areas") | {
        "page": ask(request.GET.get("cursor") or None, ROWS),
        "scope": queries.scope(request.actor, choice),
        "choice": choice,
        "sort": sort if sort in SORTS else "commits",
        "sole": sole,
        "owner": owner,
        "rules": book,
    }
    return render(request, "contributions/areas.html", context)


def _area_cells(row: queries.AreaRow) -> tuple[Any, ...]:
    area = row.area
    counts = (row.commits, row.home, row.away, row.authors, round(row.top_share, 4))
    return (area.repository.name, area.name, row.owner.label, *counts, area.file, area.line)


@require_safe
def area(request: Request, id: int) -> HttpResponse:
    choice, book = choice_of(request), rulebook.current().contributions
    found = queries.area(request.actor, id, choice, book)
    context = frame(request, "areas") | {"found": found, "choice": choice, "rules": book}
    return render(request, "contributions/area.html", context)


@require_safe
def belonging(request: Request) -> HttpResponseBase:
    choice, book = choice_of(request), rulebook.current().contributions
    rows = queries.belonging(request.actor, choice, book)
    if request.GET.get("format") == "csv":
        header = ("repository", "area", "owner", "changed mostly by", "commits", "of", "share")
        cells = (
            (
                one.area.repository.name,
                one.area.name,
                one.owner.label,
                one.candidate.label,
                one.commits,
                one.of,
                one.share,
            )
            for one in rows
        )
        return csv_file("belonging", header, cells)
    context = frame(request, "belonging") | {
        "rows": rows,
        "choice": choice,
        "scope": queries.scope(request.actor, choice),
        "rules": book,
    }
    return render(request, "contributions/belonging.html", context)


def filter_of(request: Request) -> CommitFilter:
    given = request.GET
    return CommitFilter(
        stands=given.get("class", "")[:20],
        origin=given.get("from", "")[:20],
        target=given.get("to", "")[:20],
        kind=given.get("kind", "")[:30],
        person=given.get("person", "")[:400],
        author=_number(given.get("author", "")),
        area=_number(given.get("area", "")),
        at_home=given.get("at_home", "") if given.get("at_home") in ("yes", "no") else "",
        differing=given.get("differing") == "yes",
    )


@require_safe
def commits(request: Request) -> HttpResponseBase:
    """The commits behind a number, newest first."""
    choice, which = choice_of(request), filter_of(request)
    if request.GET.get("format") == "csv":
        rows = queries.commits(request.actor, choice, which, limit=ALL).items
        header = ("repository", "commit", "time", "author", "person", "class", "from", "files", "subject")
        return csv_file("commits", header, (_commit_cells(row) for row in rows))
    context = frame(request, "map") | {
        "page": queries.commits(request.actor, choice, which, cursor=request.GET.get("cursor") or None, limit=ROWS),
        "scope": queries.scope(request.actor, choice),
        "words": queries.words(request.actor, which),
        "choice": choice,
    }
    return render(request, "contributions/commits.html", context)


def _commit_cells(row: queries.CommitRow) -> tuple[Any, ...]:
    origin = row.origin.label if row.origin else ""
    return (
        row.repository, row.sha, row.at, row.author, row.person_ref, row.stands, origin, row.files, row.subject,
    )  # fmt: skip


@require_safe
def contradictions(request: Request) -> HttpResponseBase:
    rows = queries.contradictions(request.actor)
    if request.GET.get("format") == "csv":
        header = ("entity", "catalog owner", "owners by rules", "rule", "repository", "folder")
        cells = (
            (one.entity.ref, one.entity.owner.ref if one.entity.owner else "", " ".join(one.rule_owners), one.rule,
             one.repository.name, one.folder)
            for one in rows
        )  # fmt: skip
        return csv_file("contradictions", header, cells)
    return render(request, "contributions/contradictions.html", frame(request, "contradictions") | {"rows": rows})


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


@require_safe
def repositories(request: Request) -> HttpResponse:
    context = frame(request, "repositories") | {
        "rows": queries.repositories(request.actor),
        "may": {verb.name.lower(): can(request.actor, verb) for verb in Verb},
    }
    return render(request, "contributions/repositories.html", context)


class RepositoryForm(PageForm):
    location = forms.CharField(
        max_length=4000, help_text="A git repository on the server (bare or not), or the address of one (https, ssh)."
    )
    name = forms.CharField(max_length=200, required=False, help_text="Left empty, it is called after its last part.")
    ref = forms.CharField(
        max_length=200, required=False, label="Branch or tag", help_text="Left empty: the main branch."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def repository_new(request: Request) -> HttpResponseBase:
    now = timezone.now()
    can(request.actor, Verb.FOLLOW, None, now).require()
    form = RepositoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.follow(
                given["location"], actor=request.actor, now=now, name=given["name"], ref=given["ref"]
            )
        )
        if made:
            return done(request, f"{made.name} is read in a moment.", reverse("away_repositories"))
    context = frame(request, "repositories") | {"form": form}
    return render(request, "contributions/repository_form.html", context, status=422 if form.is_bound else 200)


@require_POST
def repository_refresh(request: Request, id: int) -> HttpResponseBase:
    found = queries.repository(request.actor, id)
    actions.request_refresh(found, actor=request.actor, now=timezone.now())
    return done(request, f"{found.name} is read in a moment.", reverse("away_repositories"))


@require_POST
def repository_remove(request: Request, id: int) -> HttpResponseBase:
    found = queries.repository(request.actor, id)
    reason = request.POST.get("reason", "")[:2000]
    actions.unfollow(found, actor=request.actor, now=timezone.now(), reason=reason, wait_seconds=10)
    return done(request, f"{found.name} isn't followed any more.", reverse("away_repositories"))
