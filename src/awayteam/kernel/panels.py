"""What apps add to pages of the apps below them: panels of a page, and entries of the navigation.

A page of a lower app can't import what an upper app knows. The upper app registers a panel in `App.register()`, and
the page shows the panels of its kind in their order. See docs/pages.md.
"""

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from awayteam.kernel.registries import Registry
from awayteam.kernel.requests import Request

PANEL_KINDS = frozenset({"engagement", "entity", "forge", "home", "person", "repository", "team"})
"""The pages that show panels. What `build` is given as the thing: the Engagement, Entity, Forge, None, Person,
number of a repository (on the away map of it alone), Team."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One box on a page. `build(request, thing)` gives what the template knows as `panel`, or None for no box.

    `template` is rendered inside a box titled `title`, with the names of the page around it. Smaller
    `order` stands first; `place` is "main" or "aside".
    """

    key: str
    title: str
    order: int
    build: Callable[[Request, Any], dict[str, Any] | None]
    template: str
    place: str = "main"


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A place in the left rail. `route` is the name of its address; `keys` follow `g` on the keyboard.

    `routes` are further names of pages that belong to it, so that the entry is marked on them. It is left out where
    `shown(request)` is False.
    """

    key: str
    title: str
    order: int
    route: str
    icon: str
    keys: str = ""
    routes: tuple[str, ...] = ()
    section: str = "main"
    shown: Callable[[Request], bool] = lambda _request: True


@dataclass(frozen=True, slots=True)
class BuiltPanel:
    panel: Panel
    context: dict[str, Any]


_panels: dict[str, MutableMapping[str, Panel]] = {kind: Registry() for kind in PANEL_KINDS}
_navigation: Registry[str, NavigationEntry] = Registry()


def register(kind: str, panel: Panel) -> None:
    """Show the panel on pages of that kind, in place of one with its key. Raises `KeyError` for an unknown kind."""
    _panels[kind][panel.key] = panel


def register_navigation(*entries: NavigationEntry) -> None:
    _navigation.update({entry.key: entry for entry in entries})


def panels(kind: str) -> list[Panel]:
    return sorted(_panels[kind].values(), key=lambda panel: (panel.order, panel.key))


def build(kind: str, request: Request, thing: Any = None) -> list[BuiltPanel]:
    """The panels that have something to show, in order."""
    made: Iterable[tuple[Panel, dict[str, Any] | None]] = (
        (panel, panel.build(request, thing)) for panel in panels(kind)
    )
    return [BuiltPanel(panel, context) for panel, context in made if context is not None]


def navigation(request: Request) -> list[NavigationEntry]:
    """The entries that this person is shown, in order."""
    entries = sorted(_navigation.values(), key=lambda entry: (entry.order, entry.key))
    return [entry for entry in entries if entry.shown(request)]
