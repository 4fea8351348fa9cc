"""What other parts of this app, and apps above it, do when a forge tells something."""

from collections.abc import Callable
from datetime import datetime

from awayteam.forges.models import ForgeRepository
from awayteam.kernel.registries import Registry

AccessChanged = Callable[[ForgeRepository, datetime], None]

_access: Registry[str, AccessChanged] = Registry()


def on_access(key: str, act: AccessChanged) -> None:
    """Let `act(repository, now)` be called, in the delivery's transaction, when rights in a repository changed or it
    was renamed, transferred or gone; called in `App.register()`. It writes to the database at most."""
    _access[key] = act


def access_changed(repository: ForgeRepository, now: datetime) -> None:
    for act in _access.values():
        act(repository, now)
