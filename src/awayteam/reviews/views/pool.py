"""Pages of the pool: who raises the bar in which field, and the terms of each."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import back, done, render
from awayteam.kernel.requests import Request
from awayteam.reviews import actions, queries
from awayteam.reviews.actions.checking import fields
from awayteam.reviews.forms.keeping import AwayForm, JoinForm, TermsForm
from awayteam.reviews.forms.reviewing import WordsForm
from awayteam.reviews.models import BarRaiser, Review
from awayteam.reviews.permissions import can_be_away, can_keep, keeper, visible
from awayteam.reviews.queries.reviews import RELATED, rows_of
from awayteam.reviews.views.lists import tabs

SHOWN = 20


@require_safe
def index(request: Request) -> HttpResponseBase:
    """Everybody in the pool, by field."""
    now, chosen = timezone.now(), request.GET.get("field", "")[:40]
    rows = queries.pool(request.actor, now, field=chosen)
    titles = fields()
    groups: dict[str, list[Any]] = {} if chosen else {name: [] for name in titles}
    for row in rows:
        groups.setdefault(row.raiser.field, []).append(row)
    context = {"groups": groups, "titles": titles, "chosen": chosen, "keeper": keeper(request.actor), "tabs": tabs(),
               "total": len(rows)}  # fmt: skip
    return render(request, "reviews/pool.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Put somebody into the pool."""
    start = {name: request.GET.get(name, "")[:300] for name in ("person", "field")}
    form = JoinForm(request.actor, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = form.attempt(
            lambda: actions.join(
                given["person"], given["field"], form.terms(), actor=request.actor, now=timezone.now(),
                reason=given["reason"],
            )
        )  # fmt: skip
        if made is not None:
            return done(request, f"{made.person} is in the pool.", reverse("bar_raiser", args=[made.pk]))
    return render(request, "reviews/join.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, pk: int) -> HttpResponseBase:
    """Somebody in the pool: terms, absences, what they review."""
    now = timezone.now()
    row = BarRaiser.objects.select_related("person").filter(pk=pk).first()
    if row is None:
        raise NotFound("There is nobody with that number in the pool.", "See the pool.")
    what = request.POST.get("what", "")
    terms = TermsForm(request.POST if what == "terms" else None, row=row, auto_id="id_terms_%s")
    away = AwayForm(request.POST if what == "away" else None, auto_id="id_away_%s")
    leave = WordsForm(request.POST if what == "leave" else None, auto_id="id_leave_%s")
    if (said := _change(request, row, what, terms, away, leave)) is not None:
        return said
    found = queries.pool(request.actor, now, person=row.person)
    shown = next((each for each in found if each.raiser.pk == pk), None)
    reviews = visible(request.actor, Review.objects.filter(bar_raiser=row.person)).select_related(*RELATED)
    context = {
        "row": row, "shown": shown, "terms": terms, "away": away, "leave": leave,
        "title": fields().get(row.field, row.field), "may_keep": can_keep(request.actor, row.person, now),
        "may_be_away": can_be_away(request.actor, row.person, now),
        "reviews": rows_of(list(reviews.order_by("-pk")[:SHOWN]), now),
    }  # fmt: skip
    bound = any(form.is_bound for form in (terms, away, leave))
    return render(request, "reviews/raiser.html", context, status=422 if bound else 200)


def _change(
    request: Request, row: BarRaiser, what: str, terms: TermsForm, away: AwayForm, leave: WordsForm
) -> HttpResponseBase | None:  # fmt: skip
    """What the form asks for; None where it is refused, or where nothing was asked."""
    actor, now, here = request.actor, timezone.now(), reverse("bar_raiser", args=[row.pk])
    if what == "terms" and terms.is_valid():
        said = terms.terms(), terms.cleaned_data["reason"]
        if terms.attempt(lambda: actions.change(row, said[0], actor=actor, now=now, reason=said[1])) is not None:
            return done(request, "The terms are changed.", here)
    if what == "away" and away.is_valid():
        given = away.cleaned_data
        if away.attempt(lambda: actions.be_away(row.person, **given, actor=actor, now=now)) is not None:
            return done(request, "The absence is noted.", here)
    if what == "leave" and leave.is_valid():
        left = leave.attempt(lambda: actions.leave(row, **leave.cleaned_data, actor=actor, now=now))
        if left is not None:
            return done(request, f"{row.person} has left the pool.", reverse("bar_raisers"))
    return None


@require_POST
def remove_absence(request: Request, pk: int) -> HttpResponseBase:
    """Take an absence back."""
    actions.back(pk, actor=request.actor, now=timezone.now())
    return done(request, "The absence is taken back.", back(request, reverse("bar_raisers")))
