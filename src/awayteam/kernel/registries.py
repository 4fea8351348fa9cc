"""What apps tell apps below them, kept in registries that fill themselves when somebody first looks.

A lower app can't import what an upper app knows; the upper app registers it (a panel, a job, what a clock does). Doing
so brings queries, actions and everything that they use along, and most commands need none of it. So an app says
what it registers in `App.register()`, which is called once, at the first look into any registry, for all apps:

    class RequestsConfig(registries.App):
        name = "awayteam.requests"

        def register(self) -> None:
            from awayteam.requests import places

            places.register()

    _panels: Registry[str, Panel] = Registry()      # wherever the registry is

No module may look into a registry while it is imported: two threads that import each other's modules would wait for
ever. A server and a worker call `settle()` before they begin, so that what is wrong is seen at their start.
"""

from collections.abc import Iterator, MutableMapping
from threading import RLock
from typing import TypeVar

from django.apps import AppConfig, apps

K = TypeVar("K")
V = TypeVar("V")


class App(AppConfig):
    """An app of Awayteam."""

    default_auto_field = "django.db.models.BigAutoField"

    def register(self) -> None:
        """Fill registries; imports stand inside. Called once in a process, or again where it raised."""


class Registry(MutableMapping[K, V]):
    """A mapping that apps fill: the first look into any of them lets all apps register, and raises what goes wrong.

    What is written after that comes in place of what apps wrote. Until Django is ready there is nothing to be seen.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[K, V] = {}

    def __getitem__(self, key: K) -> V:
        settle()
        return self._known[key]

    def __setitem__(self, key: K, value: V) -> None:
        settle()
        self._known[key] = value

    def __delitem__(self, key: K) -> None:
        settle()
        del self._known[key]

    def __iter__(self) -> Iterator[K]:
        settle()
        return iter(self._known)

    def __len__(self) -> int:
        settle()
        return len(self._known)

    def __repr__(self) -> str:
        return f"Registry({self._known!r})"


class _Settling:
    """How far this process is: the apps that have registered, in their order, and whether one is registering now."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.done: list[str] = []
        self.whole = False
        self.going_on = False


_settling = _Settling()


def settled() -> tuple[str, ...]:
    """The apps that have registered so far, in their order, by name."""
    return tuple(_settling.done)


def settle() -> None:
    """Let every app register that hasn't yet. Other threads wait for it; an app that looks while it registers doesn't.

    Raises what an app's `register()` raises; the next look asks that app, and those after it, again.
    """
    if _settling.whole or not apps.ready:
        return
    with _settling.lock:
        if _settling.whole or _settling.going_on:
            return
        _settling.going_on = True
        try:
            for config in apps.get_app_configs():
                if isinstance(config, App) and config.name not in _settling.done:
                    config.register()
                    _settling.done.append(config.name)
            _settling.whole = True
        finally:
            _settling.going_on = False
