"""The lists that keep views, by the name of their route."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.registries import Registry
from awayteam.lists import rules


@dataclass(frozen=True, slots=True)
class Listing:
    """`key` is the name of the route, `title` what people call the list. `at_hand` is False where the address of the
    list needs more than the route, such as the queue of one team."""

    key: str
    title: str
    at_hand: bool = True


_listings: Registry[str, Listing] = Registry()


def register(*listings: Listing) -> None:
    """Let these lists keep views; called in `App.register()`."""
    _listings.update({listing.key: listing for listing in listings})


def known() -> Iterable[Listing]:
    """All of them, by title."""
    return sorted(_listings.values(), key=lambda listing: listing.title)


def keeps_views(route: str) -> bool:
    return route in _listings


def title(key: str) -> str:
    """What people call the list; its key where the list is gone."""
    return _listings[key].title if key in _listings else key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view belongs: the list, its path, and the parameters that make the view."""

    page: str
    path: str
    query: str


def place(address: str) -> Place:
    """The place that an address of ours (`/services/?owner=orders`) means; raises `InvalidInput`."""
    try:
        parts = urlsplit(address.strip())
        route = resolve(parts.path).view_name if not (parts.scheme or parts.netloc) else ""
    except (Resolver404, ValueError):
        route = ""
    if not keeps_views(route) or len(parts.path) > 300:
        what = f"{address[:80]!r} is no address of a list that keeps views."
        names = ", ".join(listing.title for listing in known())
        raise InvalidInput(
            what, f"Give one as /services/?lifecycle=production. Lists: {names}.", {"address": "no list"}
        )
    query = rules.kept(parts.query)
    if problem := rules.wrong_query(query):
        raise InvalidInput(f"The address {problem}.", "Choose fewer filters.", {"address": problem})
    return Place(route, parts.path, query)
