"""Who wants to know of changed facts of teams and people: apps above, whose copies and indexes depend on them."""

from collections.abc import Callable

from awayteam.organisation.models import Person, Team

Follower = Callable[[Team | Person], None]

followers: list[Follower] = []
"""Called in the transaction of the change; apps above add theirs in `AppConfig.ready()`."""


def tell(*things: Team | Person) -> None:
    """Facts or names of these have just been changed."""
    for thing in things:
        for follow in followers:
            follow(thing)
