"""Values of a list with how many there are of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    title: str
    values: tuple[FacetValue, ...]


def facet(name: str, title: str, values: Iterable[tuple[str, str, int]], selected: Sequence[str]) -> Facet:
    """The facet, the most frequent value first."""
    rows = sorted(values, key=lambda one: (-one[2], one[1].casefold()))
    return Facet(name, title, tuple(FacetValue(value, label, n, value in selected) for value, label, n in rows))
