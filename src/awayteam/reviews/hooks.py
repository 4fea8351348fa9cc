"""How an upper app hears that a review of one of its subjects was decided, in the deciding transaction."""

from collections.abc import Callable
from datetime import datetime

from awayteam.kernel.actor import Actor
from awayteam.kernel.registries import Registry
from awayteam.reviews.models import Review

Decided = Callable[[Review, Actor, datetime], None]
"""(review, actor, now): the review is followed, overridden or withdrawn; what it raises undoes the decision."""

_decided: Registry[str, list[Decided]] = Registry()


def register(subject_kind: str, on_decided: Decided) -> None:
    """Call `on_decided` for reviews whose subject is of that kind; called in `App.register()`."""
    if on_decided not in _decided.setdefault(subject_kind, []):
        _decided[subject_kind].append(on_decided)


def decided(review: Review, *, actor: Actor, now: datetime) -> None:
    """Tell whoever registered."""
    for one in _decided.get(review.subject_kind, ()):
        one(review, actor, now)
