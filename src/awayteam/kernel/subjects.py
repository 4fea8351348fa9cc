"""Where the subject of an event has its page, and who may see it there.

The event log names subjects by kind and id, and the kernel doesn't know the apps above. Each app registers for its
kinds a function that says, for many ids at once, which of them this person may see and at which address.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from awayteam.kernel.models import Event
from awayteam.kernel.requests import Request

Seen = Callable[[Request, set[int]], dict[int, str]]
"""(request, ids) -> the address of each one that may be seen; "" where it has no page."""

_kinds: dict[str, Seen] = {}


def register(kind: str, seen: Seen) -> None:
    """Called in `AppConfig.ready()`. Subjects of kinds that nobody registers are shown to administrators only."""
    _kinds[kind] = seen


def seen(request: Request, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """The ids of that kind that this person may see, with their addresses."""
    wanted = set(ids)
    if kind in _kinds:
        return _kinds[kind](request, wanted)
    return dict.fromkeys(wanted, "") if request.actor.is_administrator else {}


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event whose subject may be seen, with the address of its page ("" where it has none)."""

    event: Event
    address: str


def shown(request: Request, events: Iterable[Event]) -> list[ShownEvent]:
    """The events that this person may see, in their order; one call for each kind of subject."""
    rows = list(events)
    ids: dict[str, set[int]] = defaultdict(set)
    for event in rows:
        ids[event.subject_kind].add(event.subject_id)
    addresses = {kind: seen(request, kind, wanted) for kind, wanted in ids.items()}
    return [
        ShownEvent(event, addresses[event.subject_kind][event.subject_id])
        for event in rows
        if event.subject_id in addresses[event.subject_kind]
    ]
