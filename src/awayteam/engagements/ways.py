"""What an upper app does in place of a verb on the pages here: it knows more of it than the engagement does."""

from collections.abc import Callable
from typing import Any

from awayteam.kernel.registries import Registry

Act = Callable[..., Any]
_acts: Registry[str, Act] = Registry()


def instead(verb: str, act: Act) -> None:
    """Let `act` (engagement, with actor, now, version and the form's values) do `verb`; called in `App.register()`."""
    _acts[verb] = act


def of(verb: str, usual: Act) -> Act:
    """What does `verb`: an upper app's act, else the usual one."""
    return _acts.get(verb, usual)
