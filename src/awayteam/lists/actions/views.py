"""Saved views: keeping, changing, sharing, taking away and back, and with which one a list opens."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.lists import listings, rules
from awayteam.lists.models import Audience, DefaultView, SavedView
from awayteam.lists.permissions import Verb, can, visible

KEPT_AFTER_REMOVAL = timedelta(days=30)


@transaction.atomic
def save_view(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    address: str,
    audience: str = Audience.ME,
    team_id: int | None = None,
) -> SavedView:
    """Keep what `address` (of ours, with its parameters) shows under a name, for oneself or shared.

    Raises `NotAllowed`, `InvalidInput`, and `Conflict` where one has a view of that name there, or too many of them.
    """
    can(actor, Verb.SAVE, None, now).require()
    place = listings.place(address)
    team_id = _check_audience(actor, None, now, audience, team_id)
    assert actor.person_id is not None
    own = SavedView.objects.filter(owner_id=actor.person_id, page=place.page, removed_at=None)
    name = _check_name(own, name)
    if own.count() >= rules.MOST_VIEWS:
        raise Conflict(f"You keep {rules.MOST_VIEWS} views of this list already.", "Remove one that you don't need.")
    view = SavedView.objects.create(
        owner_id=actor.person_id,
        page=place.page,
        name=name,
        path=place.path,
        query=place.query,
        audience=audience,
        team_id=team_id,
        created_at=now,
        changed_at=now,
    )
    _note(EventName.VIEW_SAVED, view, actor, now)
    return view


@transaction.atomic
def change_view(
    *,
    actor: Actor,
    now: datetime,
    view_id: int,
    name: str | None = None,
    address: str | None = None,
    audience: str | None = None,
    team_id: int | None = None,
) -> SavedView:
    """Change what is given; None leaves as it is (`team_id` counts with an `audience` only). What is the same already
    makes no event. Raises `NotFound`, `NotAllowed`, `InvalidInput`, `Conflict`."""
    view = _locked(actor, view_id, now)
    can(actor, Verb.CHANGE, view, now).require()
    old = _facts(view)
    if name is not None:
        own = SavedView.objects.filter(owner_id=view.owner_id, page=view.page, removed_at=None).exclude(pk=view.pk)
        view.name = _check_name(own, name)
    if address is not None:
        place = listings.place(address)
        if place.page != view.page:
            what = f"The view is one of {listings.title(view.page)}; the address is of another list."
            raise InvalidInput(what, "Save a new view there.", {"address": "of another list"})
        view.path, view.query = place.path, place.query
    if audience is not None:
        view.team_id = _check_audience(actor, view, now, audience, team_id)
        view.audience = audience
    changes = {field: (old[field], value) for field, value in _facts(view).items() if value != old[field]}
    if changes:
        view.changed_at = now
        view.save()
        _note(EventName.VIEW_CHANGED, view, actor, now, changes)
    return view


@transaction.atomic
def remove_view(*, actor: Actor, now: datetime, view_id: int) -> SavedView:
    """Take a view away, for everybody; `restore_view` brings it back within thirty days."""
    view = _locked(actor, view_id, now)
    can(actor, Verb.CHANGE, view, now).require()
    view.removed_at = view.changed_at = now
    view.save(update_fields=["removed_at", "changed_at"])
    _note(EventName.VIEW_REMOVED, view, actor, now)
    return view


@transaction.atomic
def restore_view(*, actor: Actor, now: datetime, view_id: int) -> SavedView:
    """Bring a removed view back as it was. Raises `Conflict` where another has its name by now."""
    view = _locked(actor, view_id, now, removed=True)
    can(actor, Verb.CHANGE, view, now).require()
    own = SavedView.objects.filter(owner_id=view.owner_id, page=view.page, removed_at=None)
    _check_name(own, view.name)
    if own.count() >= rules.MOST_VIEWS:
        raise Conflict(f"There are {rules.MOST_VIEWS} views of this list already.", "Remove one that you don't need.")
    view.removed_at, view.changed_at = None, now
    view.save(update_fields=["removed_at", "changed_at"])
    _note(EventName.VIEW_RESTORED, view, actor, now)
    return view


@transaction.atomic
def set_default(*, actor: Actor, now: datetime, view_id: int) -> DefaultView:
    """Open the view's list with it from now on, for oneself. A reader's own choice like the theme: no event."""
    can(actor, Verb.SAVE, None, now).require()
    view = _locked(actor, view_id, now)
    assert actor.person_id is not None
    chosen, _ = DefaultView.objects.update_or_create(person_id=actor.person_id, page=view.page, defaults={"view": view})
    return chosen


@transaction.atomic
def clear_default(*, actor: Actor, now: datetime, page: str) -> None:
    """Open the list bare again, for oneself."""
    can(actor, Verb.SAVE, None, now).require()
    assert actor.person_id is not None
    DefaultView.objects.filter(person_id=actor.person_id, page=page).delete()


def forget_removed(now: datetime) -> int:
    """Delete what was removed long ago; returns how many rows. A periodic job."""
    _, deleted = SavedView.objects.filter(removed_at__lt=now - KEPT_AFTER_REMOVAL).delete()
    return deleted.get("lists.SavedView", 0)


def _locked(actor: Actor, view_id: int, now: datetime, removed: bool = False) -> SavedView:
    rows = SavedView.objects.select_for_update(of=("self",)).select_related("team", "owner")
    view = visible(actor, rows.filter(removed_at__isnull=not removed), now).filter(pk=view_id).first()
    if view is None:
        raise NotFound("There is no such view.", "It may have been removed, or isn't shared with you any more.")
    return view


def _check_name(others: Any, name: str) -> str:
    name = " ".join(name.split())
    if problem := rules.wrong_name(name):
        raise InvalidInput(f"The name of the view: {problem}.", fields={"name": problem})
    if others.filter(name__iexact=name).exists():
        raise Conflict(
            f"There is a view {name!r} already.", "Choose another name, or change that one.", {"name": "taken"}
        )
    return name


def _check_audience(
    actor: Actor, view: SavedView | None, now: datetime, audience: str, team_id: int | None
) -> int | None:
    """The team with which it is shared, None where not with one."""
    if audience not in Audience.values:
        what = f"A view can't be shared with {audience[:40]!r}."
        raise InvalidInput(what, f"Choose from {', '.join(Audience.values)}.", {"audience": "unknown"})
    if audience == Audience.ME:
        return None
    if audience == Audience.TEAM and team_id is None:
        raise InvalidInput("With which team?", "Name one of your teams.", {"team": "missing"})
    shared_with = team_id if audience == Audience.TEAM else None
    can(actor, Verb.SHARE, view, now, shared_with).require()
    return shared_with


def _facts(view: SavedView) -> dict[str, Any]:
    return {
        "name": view.name,
        "query": view.query,
        "audience": view.audience,
        "team": view.team_id,
    }


def _note(
    name: EventName, view: SavedView, actor: Actor, now: datetime, changes: dict[str, tuple[Any, Any]] | None = None
) -> None:
    subject = Subject("view", view.pk, view.name)
    events.append(name, subject=subject, actor=actor, now=now, changes=changes or {}, data={"page": view.page})
