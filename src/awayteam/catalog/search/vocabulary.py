"""Every word of the index, to put slips of the finger right: kept in a table, held in memory by each process."""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from awayteam.catalog.models import SearchTerm

SHORTEST = 4
"""Letters of a word that is put right; in shorter ones every slip makes another word."""
MOST_CORRECTIONS = 5
MOST_EXPANSIONS = 60
"""Terms that begin with a word; where there are more, the database looks for the beginning itself."""
LOCK = 0x5465726D
"""Any number that no other advisory lock of the database uses."""
BATCH = 2_000


def keep(terms: Iterable[str]) -> int:
    """Add the words that the table hasn't got, in the caller's transaction; returns how many. Terms never leave it."""
    wanted = sorted(term for term in set(terms) if len(term) >= SHORTEST - 1 and not term.isdigit())
    added = 0
    for start in range(0, len(wanted), BATCH):
        chunk = wanted[start : start + BATCH]
        known = set(SearchTerm.objects.filter(term__in=chunk).values_list("term", flat=True))
        fresh = [SearchTerm(term=term) for term in chunk if term not in known]
        SearchTerm.objects.bulk_create(fresh, ignore_conflicts=True)
        added += len(fresh)
    return added


def kept(term: str) -> bool:
    """Whether the table holds such words: neither very short ones nor numbers."""
    return len(term) >= SHORTEST - 1 and not term.isdigit()


class Vocabulary:
    """The words of the table, refreshed by what was added since."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.last: tuple[int, str] = (0, "")
        self.terms: set[str] = set()
        self.sorted: list[str] = []
        self.by_length: dict[int, list[str]] = {}

    def refresh(self) -> None:
        """Read what is new; one or two statements. Starts anew where the table is another one."""
        with self.lock:
            pk, term = self.last
            if pk and SearchTerm.objects.filter(pk=pk).values_list("term", flat=True).first() != term:
                self.forget()
            rows = list(SearchTerm.objects.filter(pk__gt=self.last[0]).order_by("pk").values_list("pk", "term"))
            fresh = {term for _, term in rows} - self.terms
            if rows:
                self.last = rows[-1]
            if fresh:
                self.terms |= fresh
                self.sorted = sorted(self.terms)
                buckets = defaultdict(list)
                for term in self.sorted:
                    buckets[len(term)].append(term)
                self.by_length = dict(buckets)

    def begins(self, word: str) -> bool:
        """Whether some term is the word or begins with it."""
        place = bisect_left(self.sorted, word)
        return place < len(self.sorted) and self.sorted[place].startswith(word)

    def expansions(self, word: str) -> list[str] | None:
        """All terms that begin with the word, which the index finds faster than a beginning; None where the table can't
        tell or there are too many."""
        if not kept(word):
            return None
        start = bisect_left(self.sorted, word)
        found = self.sorted[start : start + MOST_EXPANSIONS + 1]
        found = [term for term in found if term.startswith(word)]
        return found if len(found) <= MOST_EXPANSIONS else None

    def corrections(self, word: str) -> tuple[str, ...]:
        """Terms one slip (a letter wrong, missing, too many, or two swapped) away from a word that no term begins with.

        Where no whole term is near, beginnings of terms are: people search while they type.
        """
        if len(word) < SHORTEST or word.isdigit() or self.begins(word):
            return ()
        lengths = (len(word), len(word) - 1, len(word) + 1)
        near = [term for length in lengths for term in _near(word, self.by_length.get(length, ()))]
        if not near:
            beginnings = {term[: len(word)] for term in self._alike(word) if len(term) > len(word)}
            near = _near(word, sorted(beginnings))
        near.sort(key=lambda term: (term[0] != word[0], abs(len(term) - len(word)), term))
        return tuple(near[:MOST_CORRECTIONS])

    def _alike(self, word: str) -> list[str]:
        """Terms with the same first letter; a slip in the very first letter of a half-typed word isn't put right."""
        start = bisect_left(self.sorted, word[0])
        return self.sorted[start : bisect_left(self.sorted, chr(ord(word[0]) + 1))]


def _near(word: str, terms: Iterable[str]) -> list[str]:
    from rapidfuzz import process  # only for slips of the finger
    from rapidfuzz.distance import OSA

    found: list[tuple[str, float, int]] = process.extract(  # type: ignore[call-overload]
        word, terms, scorer=OSA.distance, score_cutoff=1, limit=None
    )
    return [term for term, _, _ in found]


VOCABULARY = Vocabulary()
