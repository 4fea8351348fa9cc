"""Where the subject of an event has its page, and who may see it there.

The event log names subjects by kind and id, and the kernel doesn't know the apps above. Each app registers for its
kinds a function that says, for many ids at once, which of them this person may see and at which address; and, where
many people are told of one subject, another that says which of these people may see it. Both lead to the app's one
rule of sight.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Event
from awayteam.kernel.registries import Registry
from awayteam.kernel.requests import Request

Seen = Callable[[Request, set[int]], dict[int, str]]
"""(request, ids) -> the address of each one that may be seen; "" where it has no page."""

Actors = Callable[[], Mapping[int, Actor]]
"""The actors that these persons are, by person id: one statement, when they are first asked for."""

Audience = Callable[[int, frozenset[int], Actors], Iterable[int]]
"""(id, persons, actors) -> those of the persons who may see the subject; a bounded number of statements."""

_kinds: Registry[str, Seen] = Registry()
_audiences: Registry[str, Audience] = Registry()


def register(kind: str, seen: Seen, audience: Audience | None = None) -> None:
    """Called in `App.register()`. Subjects of kinds that nobody registers are shown to administrators only.

    Without `audience` each person is asked for with `seen`, which costs its statements for every one of them.
    """
    _kinds[kind] = seen
    _audiences.pop(kind, None)
    if audience is not None:
        _audiences[kind] = audience


def everybody(_id: int, persons: frozenset[int], _actors: Actors) -> Iterable[int]:
    """The audience of what everybody who is signed in may see."""
    return persons


def seen(request: Request, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """The ids of that kind that this person may see, with their addresses."""
    wanted = set(ids)
    if kind in _kinds:
        return _kinds[kind](request, wanted)
    return dict.fromkeys(wanted, "") if request.actor.is_administrator else {}


def seen_by(actor: Actor, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """As `seen`, for an actor without an HTTP request (commands, tokens, people who are to be told)."""
    asking = Request()
    asking.actor = actor
    return seen(asking, kind, ids)


def audience(kind: str, id: int, persons: Iterable[int], actors: Actors) -> set[int]:
    """Those of the persons (ids) who may see this subject; `actors` gives what each of them is."""
    asked = frozenset(persons)
    if not asked:
        return set()
    if kind in _audiences:
        return set(_audiences[kind](id, asked, actors)) & asked
    return {person for person, actor in actors().items() if person in asked and id in seen_by(actor, kind, [id])}


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
