"""Saved views as menus and the interfaces show them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, OuterRef, Subquery
from django.urls import NoReverseMatch, reverse

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.lists import listings, rules
from awayteam.lists.models import Audience, DefaultView, SavedView
from awayteam.lists.permissions import Verb, can, visible

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ViewRow:
    """`address` opens it. `shared` says with whom in words ("" for nobody); `mine`, `is_default` are the reader's."""

    id: int
    page: str
    title: str
    name: str
    address: str
    query: str
    audience: str
    team: str | None
    team_id: int | None
    shared: str
    owner: str
    owner_label: str
    mine: bool
    is_default: bool
    changed_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ViewsMenu:
    """The menu of one list: the views in `mine` and `shared`, which one is `open`, and whether it was `changed` since.

    `here` is the address whose view would be saved, `plain` that of the bare list; `refusal` says why this reader can't
    keep any ("" where they can).
    """

    page: str
    here: str
    plain: str
    mine: list[ViewRow]
    shared: list[ViewRow]
    open: ViewRow | None
    changed: bool
    refusal: str


def views(actor: Actor, *, page: str = "", removed: bool = False, now: datetime | None = None) -> list[ViewRow]:
    """The saved views that the actor may see, by list and name; one statement, `MOST_SHOWN` at most."""
    rows = SavedView.objects.filter(removed_at__isnull=not removed)
    if page:
        rows = rows.filter(page=page)
    return _rows(actor, visible(actor, rows, now))


def view(actor: Actor, view_id: int, now: datetime | None = None) -> ViewRow:
    """One of them, removed or not. Raises `NotFound`."""
    found = _rows(actor, visible(actor, SavedView.objects.filter(pk=view_id), now))
    if not found:
        raise NotFound("There is no such view.", "See those you may open with `awayteam views list`.")
    return found[0]


def default_query(actor: Actor, page: str) -> str | None:
    """The parameters with which a list opens for this person; None for the bare list. One statement."""
    if actor.person_id is None:
        return None
    seen = visible(actor, SavedView.objects.filter(removed_at=None, defaults__person_id=actor.person_id))
    found = seen.filter(defaults__page=page).values_list("pk", "query").first()
    return None if found is None else "&".join(filter(None, (found[1], f"saved={found[0]}")))


def menu(request: Request) -> ViewsMenu:
    """The menu of the list that is being looked at. One statement."""
    page = request.resolver_match.view_name if request.resolver_match else ""
    rows, query = views(request.actor, page=page), rules.kept(request.META.get("QUERY_STRING", ""))
    named, may_keep = request.GET.get("saved", ""), can(request.actor, Verb.SAVE, None)
    chosen = next((row for row in rows if named == str(row.id)), None)
    shown = chosen or next((row for row in rows if rules.same(row.query, query)), None) if query or chosen else None
    return ViewsMenu(
        page=page,
        here=f"{request.path}?{query}" if query else request.path,
        plain=f"{request.path}?saved={rules.PLAIN}" if any(row.is_default for row in rows) else request.path,
        mine=[_here(request, row) for row in rows if row.mine],
        shared=[_here(request, row) for row in rows if not row.mine],
        open=shown,
        changed=shown is not None and not rules.same(shown.query, query),
        refusal="" if may_keep.allowed else may_keep.reason,
    )


def _here(request: Request, row: ViewRow) -> ViewRow:
    """The row with the address on this very list: a view of one team's queue serves another team's as well."""
    return replace(row, address=_address(request.path, row.query, row.id))


def _rows(actor: Actor, seen: "Iterable[SavedView]") -> list[ViewRow]:
    chosen = DefaultView.objects.filter(person_id=actor.person_id or 0, view=OuterRef("pk")).values("pk")[:1]
    rows = seen.annotate(default_id=Subquery(chosen)).select_related("owner", "team")  # type: ignore[attr-defined]
    return [_row(actor, row) for row in rows.order_by("page", F("name").asc(), "pk")[:MOST_SHOWN]]


def _row(actor: Actor, view: SavedView) -> ViewRow:
    words = {Audience.ME: "", Audience.TEAM: str(view.team), Audience.EVERYBODY: "everybody"}
    return ViewRow(
        id=view.pk,
        page=view.page,
        title=listings.title(view.page),
        name=view.name,
        address=_address(_path(view), view.query, view.pk),
        query=view.query,
        audience=view.audience,
        team=view.team.ref if view.team else None,
        team_id=view.team_id,
        shared=words[Audience(view.audience)],
        owner=view.owner.ref,
        owner_label=str(view.owner),
        mine=view.owner_id == actor.person_id,
        is_default=view.default_id is not None,  # type: ignore[attr-defined]
        changed_at=view.changed_at,
        removed_at=view.removed_at,
    )


def _path(view: SavedView) -> str:
    try:
        return reverse(view.page)
    except NoReverseMatch:
        return view.path


def _address(path: str, query: str, id: int) -> str:
    return f"{path}?{query}{'&' if query else ''}saved={id}"
