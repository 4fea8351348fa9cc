"""Open requests that ask for much the same, found while somebody types.

Each open request has its words in a table, as hashes. The rarest words of what is typed propose requests; these are
then compared exactly, by how much their words overlap (rare words count more) and how close the titles are.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from awayteam.duplicates.alike.intents import text_words
from awayteam.kernel.actor import Actor
from awayteam.requests.models import Request, RequestTerm
from awayteam.requests.permissions import visible
from awayteam.requests.routing.index.keys import number

MOST_WORDS = 80
MOST_ROWS = 2_500
"""Rows of the table that are read at most for one question."""
CANDIDATES = 25
LEAST = 0.35
FEW_WORDS, CLEAR = 2, 0.6
"""Two requests share so many words, or are alike beyond doubt; one common word is no likeness."""
WORDS_SHARE, TITLE_SHARE = 0.65, 0.35
SAME_ENTITY, SAME_TEAM = 0.1, 0.05
SHOWN_WORDS = 6


@dataclass(frozen=True, slots=True)
class Similar:
    """An open request with how alike it is (0 to 1), and why, in words."""

    request: Request
    score: float
    why: str


def words_of(title: str, need: str) -> list[str]:
    """The different words of a request that say something: in the singular, "exporting" and "exported" as "export"."""
    return list(dict.fromkeys(map(_stem, text_words((title, need[:10_000]), MOST_WORDS))))


def _stem(word: str) -> str:
    for ending, least in (("ing", 7), ("ed", 6)):
        if word.endswith(ending) and len(word) >= least:
            return word.removesuffix(ending)
    return word


def remember(request: Request) -> None:
    """Keep the words of a request; call it in the transaction that asks or rewords."""
    wanted = {number(word) for word in words_of(request.title, request.need)}
    with transaction.atomic():
        had = set(RequestTerm.objects.filter(request=request).values_list("term", flat=True))
        RequestTerm.objects.filter(request=request, term__in=had - wanted).delete()
        RequestTerm.objects.bulk_create(RequestTerm(request=request, term=term) for term in sorted(wanted - had))


def remember_missing(limit: int = 2_000) -> int:
    """Keep the words of open requests that have none yet, and forget those of closed ones; returns how many."""
    RequestTerm.objects.filter(request__closed_at__isnull=False).delete()
    bare = Request.objects.filter(closed_at__isnull=True, terms__isnull=True).order_by("pk")[:limit]
    rows = [(row, {number(word) for word in words_of(row.title, row.need)} or {0}) for row in bare]
    terms = (RequestTerm(request=row, term=term) for row, words in rows for term in sorted(words))
    RequestTerm.objects.bulk_create(terms, batch_size=5_000, ignore_conflicts=True)
    return len(rows)


def is_incomplete() -> bool:
    """Whether an open request has no words yet: a cheap look."""
    return Request.objects.filter(closed_at__isnull=True, terms__isnull=True).exists()


def similar(
    actor: Actor,
    *,
    title: str,
    need: str = "",
    home_team_id: int | None = None,
    entity_id: int | None = None,
    without: Collection[int] = (),
    limit: int = 5,
) -> list[Similar]:
    """Open requests that ask for much the same, the most alike first; six statements. Only what the actor may see."""
    words = {number(word): word for word in words_of(title, need)}
    if not words:
        return []
    weights, counts = _weights(words)
    proposed = _proposed(weights, counts, without)
    if not proposed:
        return []
    rows = visible(actor, Request.objects.filter(pk__in=proposed, closed_at__isnull=True), few=True)
    known = {row.pk: row for row in rows.select_related("home_team").defer("need", "pasted", "routing")}
    theirs = _terms(known)
    usual = sorted(weights.values())[len(weights) // 2]
    from rapidfuzz import fuzz

    found = []
    for pk, row in known.items():
        shared = {term for term in weights if term in theirs[pk]}
        union = sum(weights.values()) + usual * len(theirs[pk] - shared)
        overlap = sum(weights[term] for term in shared)
        contained = overlap / min(sum(weights.values()), overlap + usual * len(theirs[pk] - shared))
        close = fuzz.token_set_ratio(title.lower()[:300], row.title.lower()) / 100
        score = WORDS_SHARE * max(overlap / union, 0.8 * contained) + TITLE_SHARE * close
        score += SAME_ENTITY * (entity_id is not None and row.entity_id == entity_id)
        score += SAME_TEAM * (home_team_id is not None and row.home_team_id == home_team_id)
        best = sorted(shared, key=lambda term: -weights[term])[:SHOWN_WORDS]
        if len(shared) >= FEW_WORDS or score >= CLEAR:
            why = _why([words[term] for term in best], row, home_team_id, entity_id)
            found.append(Similar(row, min(score, 1.0), why))
    good = [one for one in found if one.score >= LEAST and one.why]
    return sorted(good, key=lambda one: (-one.score, one.request.pk))[:limit]


def _weights(words: Iterable[int]) -> tuple[dict[int, float], dict[int, int]]:
    """How much each word says (the rarer among open requests, the more), and in how many it is."""
    counted = RequestTerm.objects.filter(term__in=list(words)).values("term").annotate(n=Count("pk"))
    counts = dict(counted.order_by().values_list("term", "n"))
    whole = max(Request.objects.filter(closed_at__isnull=True).count(), 1)
    return {term: math.log(1 + whole / max(counts.get(term, 0), 1)) for term in words}, counts


def _proposed(weights: dict[int, float], counts: dict[int, int], without: Collection[int]) -> list[int]:
    """Requests that share the rarest words; words that many have propose nothing once enough is read."""
    chosen: list[int] = []
    rows = 0
    for term in sorted(counts, key=lambda term: (counts[term], term)):
        rows += counts[term]
        if chosen and rows > MOST_ROWS:
            break
        chosen.append(term)
    found: Counter[int] = Counter()
    shared = RequestTerm.objects.filter(term__in=chosen).values_list("request_id", "term")
    for request, term in shared[:MOST_ROWS]:
        found[request] += int(1000 * weights[term])
    return [pk for pk, _ in found.most_common(CANDIDATES + len(without)) if pk not in without][:CANDIDATES]


def _terms(requests: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for request, term in RequestTerm.objects.filter(request__in=list(requests)).values_list("request_id", "term"):
        found[request].add(term)
    return found


def _why(words: Sequence[str], row: Request, home_team_id: int | None, entity_id: int | None) -> str:
    parts = [", ".join(words)] if words else []
    if entity_id is not None and row.entity_id == entity_id:
        parts.append("the same service")
    elif home_team_id is not None and row.home_team_id == home_team_id:
        parts.append("the same team")
    return "; ".join(parts)
