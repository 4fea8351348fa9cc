"""The designer."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from awayteam.experiments import actions, queries
from awayteam.experiments.actions.designing import starting
from awayteam.experiments.forms.designing import DesignForm, initial_of
from awayteam.experiments.machine import Party, State
from awayteam.experiments.models import Experiment
from awayteam.experiments.permissions import as_party
from awayteam.experiments.teaching import LESSONS
from awayteam.kernel.errors import Conflict
from awayteam.kernel.pages import done, render
from awayteam.kernel.requests import Request

GIVEN = ("title", "team", "decider", "entity", "request", "engagement", "goal", "surface", "hypothesis")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponseBase:
    """Open a draft; the address may name what it is about (`?request=17&team=orders`)."""
    now = timezone.now()
    start = initial_of(None, starting()) | {
        name: request.GET[name][:2000] for name in GIVEN if request.GET.get(name)
    }  # fmt: skip
    form = DesignForm(request.actor, request.POST if request.method == "POST" else None, now=now, initial=start)
    if request.method == "POST" and form.is_valid():
        made = form.attempt(lambda: actions.design(form.wanted({}), actor=request.actor, now=now))
        if made is not None:
            return done(request, "The draft is kept. Have it checked next.", reverse("experiment", args=[made.pk]))
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponseBase:
    """Change a draft."""
    now, row = timezone.now(), queries.experiment(request.actor, pk)
    as_party(request.actor, row, Party.OWNER).require()
    if row.state != State.DRAFT:
        what = f"The experiment is {row.state}; its design is fixed."
        raise Conflict(what, "Go back to the draft on its page first.")
    posted = request.POST if request.method == "POST" else None
    form = DesignForm(request.actor, posted, now=now, initial=initial_of(row, row.design))
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted(row.design)
        kept = {name: getattr(wanted, name) for name in wanted.__slots__} | {"owner": row.owner}
        act: Any = lambda: actions.edit(row, actions.Wanted(**kept), actor=request.actor, now=now)  # noqa: E731
        if form.attempt(act) is not None:
            return done(request, "The draft is kept. Have it checked next.", reverse("experiment", args=[pk]))
    return _page(request, form, row)


def _page(request: Request, form: DesignForm, row: Experiment | None) -> HttpResponseBase:
    context = {"form": form, "row": row, "lessons": LESSONS}
    return render(request, "experiments/design.html", context, status=422 if form.is_bound else 200)
