"""Changing many rows of a list at once: what a list offers, how it is asked, done and taken back.

A list adopts it like this:

1. A `BulkAction` for each thing that may be done. It says what would happen to each row (`plan`), does it to one row by
   the app's own action (`apply`, which hands back a receipt) and takes that back (`undo`).
2. `bulk.register(Offer("entity", "entry", "entries", (SetOwner(), ...), matching))` in the app's `places.py`.
3. In the template `{% set offer = bulk_offer("entity") %}`, then above the table
   `{{ ui.bulk_bar(offer, bulk_told(), page.items | length, total, bulk_most(), csrf_input, address(cursor=cursor)) }}`,
   `{{ ui.pick_head(offer) }}` and `{{ ui.pick(offer, row.id, row.label) }}` as the first cells of head and rows.

All rows are changed in one transaction, each by its own action with its own event and under its own permission; those
that are refused stay as they are, with the reason kept. Undo reverts exactly what was done, where nobody has
changed it since.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.http import QueryDict

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.pages import PageForm
from awayteam.kernel.registries import Registry
from awayteam.kernel.requests import Request


@dataclass(frozen=True, slots=True)
class Step:
    """What one row would get: `now` in words, and why it would be left out ("" where it wouldn't)."""

    id: int
    label: str
    address: str
    now: str
    refusal: str


class BulkAction(ABC):
    """One thing that can be done to many rows; `form` asks for what it needs, the reason aside.

    `title` starts with a verb ("Set the owner"); `words(values)` says the same with the values in it.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    form: ClassVar[type[PageForm]]

    @abstractmethod
    def words(self, values: Mapping[str, Any]) -> str:
        """Such as "Set the owner to group:default/orders"."""

    @abstractmethod
    def plan(self, actor: Actor, now: datetime, ids: Sequence[int]) -> list[Step]:
        """The rows that the actor may see, in the order of `ids`. A few statements, however many rows."""

    @abstractmethod
    def apply(self, actor: Actor, now: datetime, id: int, values: Mapping[str, Any], reason: str) -> Mapping[str, Any]:
        """Do it to one row, inside a transaction; a receipt (JSON) for `undo`. Raises `AwayteamError` to refuse."""

    @abstractmethod
    def undo(self, actor: Actor, now: datetime, id: int, receipt: Mapping[str, Any], reason: str) -> None:
        """Take exactly that back. Raises `AwayteamError`, above all `Conflict` where it was changed since."""

    def suggestions(self) -> Mapping[str, Sequence[str]]:
        """Values to choose from on the page that asks, by the id of their `datalist`."""
        return {}


Matching = Callable[[Actor, str, QueryDict, int], list[int]]
"""(actor, route, parameters, at most) -> ids of all rows that the list at that address has, one more where too many."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done to the rows of a kind of list; `one` and `many` are the words for rows."""

    key: str
    one: str
    many: str
    actions: tuple[BulkAction, ...]
    matching: Matching

    def action(self, key: str) -> BulkAction:
        """Raises `NotFound`."""
        found = next((action for action in self.actions if action.key == key), None)
        if found is None:
            known = ", ".join(action.key for action in self.actions)
            raise NotFound(f"There is no action {key[:40]!r} for {self.many}.", f"Choose from {known}.")
        return found


_offers: Registry[str, Offer] = Registry()


def register(offer: Offer) -> None:
    """Called in `App.register()`."""
    _offers[offer.key] = offer


def offer(key: str) -> Offer:
    """Raises `NotFound`."""
    if key not in _offers:
        raise NotFound(f"There is no list of {key[:40]!r} whose rows can be changed.")
    return _offers[key]


def offered(request: Request, key: str) -> Offer | None:
    """The offer for whoever looks at the list; None for those who may write nothing, or look at the past."""
    return offer(key) if request.actor.may_write and not request.GET.get("as_of") else None
