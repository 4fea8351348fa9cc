"""What an upper app does when a story of a lower one has gone on: a registry, so that nobody below knows who is above.

A hook runs in the transaction of the step, after step, event and messages are written; what it raises undoes them all.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from awayteam.kernel.registries import Registry
from awayteam.stories.plot import Held

Entered = Callable[[Held[Any], StrEnum, str], None]
"""(the row as it is now, the verb, the state that it left)."""

_hooks: Registry[str, dict[str, Entered]] = Registry()


def listen(kind: str, key: str, entered: Entered) -> None:
    """Call `entered` after every step of stories of `kind`, in place of the hook with that key; in `App.register()`."""
    _hooks.setdefault(kind, {})[key] = entered


def tell(held: Held[Any], verb: StrEnum, source: str) -> None:
    """Run the hooks of a step, in the order of their keys."""
    for _key, entered in sorted(_hooks.get(held.plot.kind, {}).items()):
        entered(held, verb, source)
