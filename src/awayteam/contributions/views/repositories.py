"""Repositories that are followed."""

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from awayteam.contributions import actions, queries
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.views.common import frame
from awayteam.kernel.pages import PageForm, done, render
from awayteam.kernel.requests import Request


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
