"""The tour of the demonstration: one stop for each question of the mission, on the pages that answer it.

An app registers the stops at which it has the answer, in its `places.py`:

    tour.register(
        Stop(
            key="requests",
            question=1,
            title="A request with its clock running",
            looks=(Look("Whose turn it is, and what happens when the clock runs out.", "next"), ...),
            address=lambda actor: queries.a_telling_one(actor),
            weight=10,
        )
    )

Of the stops for one question the tour goes to the one with the most weight whose `address` isn't None: an app that
answers better than those below it weighs more, and takes the stop over.
"""

from collections.abc import Callable
from dataclasses import dataclass

from awayteam.kernel.actor import Actor
from awayteam.kernel.registries import Registry

QUESTIONS = (
    "Somebody asks my team for a feature, a bug fix or a faster endpoint. What do we do, by when?",
    "Do I let them have access to my source code? To which part, until when, under whose review?",
    "A feature has become popular. Does my team keep it, or does it belong somewhere else?",
    "We could build something that helps other teams more than our approved roadmap does. Should we?",
    "Who owns this, who really uses it, who is on call for it, and who may change it?",
)
"""The five questions of the mission, in its words."""


@dataclass(frozen=True, slots=True)
class Look:
    """Something to look at on the page; `anchor` is the id of the part that shows it."""

    words: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """`question` is 1 to 5. `address(actor)` is a page that this person may see, None where nothing can be shown."""

    key: str
    question: int
    title: str
    looks: tuple[Look, ...]
    address: Callable[[Actor], str | None]
    weight: int = 0


_stops: Registry[str, Stop] = Registry()


def register(*stops: Stop) -> None:
    """Add stops, in place of those with their keys. Raises `KeyError` for a question that there isn't."""
    for stop in stops:
        if not 1 <= stop.question <= len(QUESTIONS):
            raise KeyError(stop.question)
        _stops[stop.key] = stop


def stop(key: str) -> Stop | None:
    return _stops.get(key)


def candidates(question: int) -> list[Stop]:
    """The stops for a question, the weightiest first."""
    found = [stop for stop in _stops.values() if stop.question == question]
    return sorted(found, key=lambda stop: (-stop.weight, stop.key))


def questions() -> list[int]:
    """The questions for which there is any stop, in order."""
    return sorted({stop.question for stop in _stops.values()})


def lead(actor: Actor, question: int) -> tuple[Stop, str] | None:
    """Where the tour goes for this question: the stop and the address of its page; None where nothing can be shown."""
    for one in candidates(question):
        address = one.address(actor)
        if address is not None:
            return one, address
    return None
