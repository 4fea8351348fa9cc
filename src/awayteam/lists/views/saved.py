"""One's saved views on a page, and what the menu of each list does with them."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from awayteam.kernel.actor import Actor
from awayteam.kernel.pages import PageForm, back, done, render
from awayteam.kernel.requests import Request
from awayteam.lists import actions, listings, queries, rules
from awayteam.lists.models import Audience
from awayteam.organisation.models import Team

TEAMS = 200


class ViewForm(PageForm):
    """A name, and for whom: the words of `Audience`, or `team:` and the id of a team."""

    name = forms.CharField(max_length=rules.LONGEST_NAME)
    shared = forms.ChoiceField(label="Who sees it", required=False)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shared"].choices = audiences(actor)  # type: ignore[attr-defined]

    def audience(self) -> dict[str, Any]:
        """`audience` and `team_id` for the actions."""
        word, _, team = self.cleaned_data["shared"].partition(":")
        return {"audience": word or Audience.ME.value, "team_id": int(team) if team else None}


def audiences(actor: Actor) -> list[tuple[str, str]]:
    """With whom this person may share. One statement where they have teams."""
    ids = sorted(actor.teams | actor.manages)
    teams = Team.objects.filter(pk__in=ids, dissolved_at=None).order_by("name")[:TEAMS] if ids else ()
    return [
        (Audience.ME.value, "Only me"),
        *((f"{Audience.TEAM.value}:{team.pk}", f"Team {team}") for team in teams),
        (Audience.EVERYBODY.value, "Everybody"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """Every view one may open; `?removed=` offers the last removed one back."""
    now = timezone.now()
    removed = request.GET.get("removed", "")
    gone = queries.view(request.actor, int(removed), now) if removed.isdecimal() and len(removed) < 19 else None
    context = {
        "rows": queries.views(request.actor, now=now),
        "gone": gone if gone and gone.removed_at else None,
        "audiences": audiences(request.actor),
        "listings": [(listing, reverse(listing.key)) for listing in listings.known() if listing.at_hand],
    }
    return render(request, "lists/views.html", context)


@require_POST
def save(request: Request) -> HttpResponse:
    """From the menu of a list: keep what its address shows; with `view` in place of what that one shows now."""
    now, here = timezone.now(), request.POST.get("here", "")
    if (named := request.POST.get("view", "")).isdecimal():
        kept = actions.change_view(actor=request.actor, now=now, view_id=_id(named), address=here)
        return done(request, f"“{kept.name}” shows this now.", queries.view(request.actor, kept.pk).address)
    form = ViewForm(request.actor, request.POST)
    if form.is_valid():
        made = form.attempt(
            lambda: actions.save_view(
                actor=request.actor, now=now, name=form.cleaned_data["name"], address=here, **form.audience()
            )
        )
        if made:
            return done(request, f"The view “{made.name}” is kept.", f"{made.path}?{_query(made.query, made.pk)}")
    return render(request, "lists/save.html", {"form": form, "here": here}, status=422)


@require_POST
def change(request: Request, id: int) -> HttpResponse:
    form = ViewForm(request.actor, request.POST)
    if form.is_valid():
        given = {"name": form.cleaned_data["name"], **(form.audience() if form.cleaned_data["shared"] else {})}
        changed = form.attempt(
            lambda: actions.change_view(actor=request.actor, now=timezone.now(), view_id=id, **given)
        )
        if changed:
            return done(request, f"“{changed.name}” is changed.", reverse("views"))
    return render(request, "lists/save.html", {"form": form, "here": ""}, status=422)


@require_POST
def default(request: Request, id: int) -> HttpResponse:
    """Open the list with this view from now on, or (`clear`) bare again."""
    now, view = timezone.now(), queries.view(request.actor, id)
    if "clear" in request.POST:
        actions.clear_default(actor=request.actor, now=now, page=view.page)
        return done(request, f"{view.title} opens bare again.", back(request, reverse("views")))
    actions.set_default(actor=request.actor, now=now, view_id=id)
    return done(request, f"{view.title} opens with “{view.name}” from now on.", back(request, reverse("views")))


@require_POST
def remove(request: Request, id: int) -> HttpResponse:
    view = actions.remove_view(actor=request.actor, now=timezone.now(), view_id=id)
    return done(request, f"The view “{view.name}” is removed.", f"{reverse('views')}?removed={view.pk}")


@require_POST
def restore(request: Request, id: int) -> HttpResponse:
    view = actions.restore_view(actor=request.actor, now=timezone.now(), view_id=id)
    return done(request, f"The view “{view.name}” is back.", reverse("views"))


def _id(text: str) -> int:
    return int(text[:18])


def _query(query: str, id: int) -> str:
    return "&".join(filter(None, (query, urlencode({"saved": id}))))
