"""Functions that are registered when the software starts and imported only when they are called.

A command of the command line registers everything that pages, workers and deliveries need, and uses little of it:
whatever brings a large library along is registered as `Later("awayteam.kernel.delivery", "deliver")`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Later:
    """The function `name` of `module`, which is imported at the first call."""

    module: str
    name: str

    def find(self) -> Callable[..., Any]:
        """The function itself. Raises `ImportError` or `AttributeError` where there is none."""
        found: Callable[..., Any] = getattr(import_module(self.module), self.name)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.find()(*args, **kwargs)
