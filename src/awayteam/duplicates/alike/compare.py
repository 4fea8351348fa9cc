"""Comparing many APIs: an inverted index of rare features proposes pairs, and each pair is then measured exactly.

Pure. Features are hashes of intents and words, so that ninety thousand APIs fit into some hundred megabytes. A feature
weighs by how rare it is (inverse document frequency); what more than `MANY` APIs share proposes no pair.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MANY = 100
"""APIs that share a feature beyond which it proposes no pairs."""
SIGNS = 8
"""The rarest operations of an API, and half as many words of its name, that propose pairs."""
CANDIDATES = 20
"""Pairs measured for each API: those that share most."""
BY_ONE_SIGN = 4
"""Of them at most so many that share a single sign."""
BEST = 10
"""Pairs kept for each API."""
SHARE = {"operations": 0.65, "names": 0.2, "descriptions": 0.15}
CONTAINED_MIN = 3
"""Operations that two must share before the smaller one counts as contained in the larger."""
CONTAINED = 0.7
DOUBT = 0.5
"""Few shared operations say less: one counts two thirds, three six sevenths."""
BOILERPLATE = 0.1


@dataclass(frozen=True, slots=True)
class Described:
    """One API: its owner (None: nobody), hashes of its intents (boilerplate apart), of name and of description."""

    id: int
    owner: int | None
    operations: "array[int]"
    boilerplate: "array[int]"
    names: "array[int]"
    descriptions: "array[int]"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two APIs, the lower id first; parts are None where one of the two says nothing of the kind."""

    a: int
    b: int
    score: float
    operations: float | None
    names: float | None
    descriptions: float | None
    shared: int


class Weights:
    """How much each feature says: 1 for what only few have, towards 0 for what everybody has."""

    def __init__(self, counts: Counter[int], total: int, light: frozenset[int] = frozenset()) -> None:
        self._counts, self._total, self._light = counts, max(total, 1), light
        self._top = math.log(1 + self._total)

    def of(self, feature: int) -> float:
        rare = math.log(1 + self._total / max(self._counts[feature], 1)) / self._top
        return max(rare, 0.05) * (BOILERPLATE if feature in self._light else 1.0)

    def sum(self, features: Iterable[int]) -> float:
        return sum(map(self.of, features))

    def count(self, feature: int) -> int:
        return self._counts[feature]


def array_of(hashes: Iterable[int]) -> "array[int]":
    """Different 64-bit features, sorted."""
    return array("q", sorted(set(hashes)))


class Comparer:
    """Holds all APIs; `pairs` yields what is alike."""

    def __init__(self, apis: Sequence[Described]) -> None:
        self.apis = apis
        light = frozenset(feature for api in apis for feature in api.boilerplate)
        self.operations = self._weights("operations", light, more="boilerplate")
        self.names = self._weights("names")
        self.descriptions = self._weights("descriptions")

    def _weights(self, part: str, light: frozenset[int] = frozenset(), more: str = "") -> Weights:
        counts: Counter[int] = Counter()
        saying = 0
        for api in self.apis:
            counts.update(getattr(api, part))
            saying += bool(len(getattr(api, part)))
            if more:
                counts.update(getattr(api, more))
        return Weights(counts, saying, light)

    def _signs(self, api: Described) -> list[int]:
        """The rarest features of an API that another one has too."""

        def rarest(features: Iterable[int], weights: Weights, most: int) -> list[int]:
            useful = [feature for feature in features if 2 <= weights.count(feature) <= MANY]
            return sorted(useful, key=lambda feature: (weights.count(feature), feature))[:most]

        return rarest(api.operations, self.operations, SIGNS) + rarest(api.names, self.names, SIGNS // 2)

    def pairs(self, least: float) -> Iterable[Pair]:
        """Pairs across owners with a score of at least `least`; each pair once, at most `BEST` for each API."""
        signs = [self._signs(api) for api in self.apis]
        wanted = {feature for features in signs for feature in features}
        places: dict[int, list[int]] = defaultdict(list)
        for number, api in enumerate(self.apis):
            for feature in {*api.operations, *api.names} & wanted:
                places[feature].append(number)
        kept: dict[tuple[int, int], Pair] = {}
        for number, features in enumerate(signs):
            for pair in self._best(number, features, places, least):
                kept.setdefault((pair.a, pair.b), pair)
        return sorted(kept.values(), key=lambda pair: (-pair.score, pair.a, pair.b))

    def _best(self, number: int, signs: Iterable[int], places: dict[int, list[int]], least: float) -> list[Pair]:
        here = self.apis[number]
        shared: Counter[int] = Counter()
        for feature in signs:
            for other in places[feature]:
                shared[other] += 1
        likely = [(other, n) for other, n in shared.most_common(CANDIDATES * 2) if self._across(here, self.apis[other])]
        near = [other for place, (other, n) in enumerate(likely[:CANDIDATES]) if n > 1 or place < BY_ONE_SIGN]
        found = [self.measure(here, self.apis[other]) for other in near]
        good = sorted((pair for pair in found if pair.score >= least), key=lambda pair: -pair.score)
        return good[:BEST]

    def _across(self, here: Described, there: Described) -> bool:
        return here.id != there.id and (here.owner is None or here.owner != there.owner)

    def measure(self, one: Described, other: Described) -> Pair:
        """How alike two APIs are, by part and in all (0 to 1). What neither or one says doesn't count against them."""
        a, b = (one, other) if one.id < other.id else (other, one)
        parts: dict[str, float | None] = {
            "operations": self._operations(a, b),
            "names": _jaccard(a.names, b.names, self.names),
            "descriptions": _jaccard(a.descriptions, b.descriptions, self.descriptions),
        }
        said = {name: value for name, value in parts.items() if value is not None}
        whole = sum(SHARE[name] for name in said)
        score = sum(SHARE[name] * value for name, value in said.items()) / whole if whole else 0.0
        if "operations" not in said:
            score *= SHARE["operations"]  # names alone are weak evidence
        return Pair(a.id, b.id, score, **parts, shared=len({*a.operations} & {*b.operations}))

    def _operations(self, a: Described, b: Described) -> float | None:
        mine, theirs = {*a.operations, *a.boilerplate}, {*b.operations, *b.boilerplate}
        if not mine or not theirs:
            return None
        shared = len({*a.operations} & {*b.operations})
        weights = self.operations
        both = weights.sum(mine & theirs)
        part = both / weights.sum(mine | theirs)
        if shared >= CONTAINED_MIN:
            part = max(part, CONTAINED * both / min(weights.sum(mine), weights.sum(theirs)))
        return part * shared / (shared + DOUBT)


def _jaccard(a: "array[int]", b: "array[int]", weights: Weights) -> float | None:
    if not a or not b:
        return None
    mine, theirs = set(a), set(b)
    return weights.sum(mine & theirs) / weights.sum(mine | theirs)
