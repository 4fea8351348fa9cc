"""How an upper app hears of a new verdict about a change, in the transaction that writes it."""

from collections.abc import Callable

from awayteam.gate.judged import Judged
from awayteam.kernel.registries import Registry

OnJudged = Callable[[Judged], None]
"""Called for every verdict that came out differently; what it raises undoes the verdict."""

_judged: Registry[str, OnJudged] = Registry()


def on_judged(key: str, hear: OnJudged) -> None:
    """Call `hear` for each new judgement, in place of what was registered by that key; in `App.register()`."""
    _judged[key] = hear


def tell(judged: Judged) -> None:
    """Tell whoever registered, in the order of their keys."""
    for _key, hear in sorted(_judged.items()):
        hear(judged)
