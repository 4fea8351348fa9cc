"""Who wants to know of changed facts of teams and people: apps above, whose copies and indexes depend on them."""

from collections.abc import Callable

from awayteam.kernel.registries import Registry
from awayteam.organisation.models import Person, Team

Follower = Callable[[Team | Person], None]

followers: Registry[str, Follower] = Registry()
"""Called in the transaction of the change; apps above add theirs by name, in `App.register()`."""


def tell(*things: Team | Person) -> None:
    """Facts or names of these have just been changed."""
    for thing in things:
        for follow in followers.values():
            follow(thing)
