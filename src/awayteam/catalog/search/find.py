"""Search: words to hits, ranked, grouped by kind, each saying where its words were found."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Max, Q
from django.db.models.expressions import RawSQL

from awayteam.catalog import tokens
from awayteam.catalog.expressions import Among
from awayteam.catalog.kinds import usual_kind
from awayteam.catalog.models import ApiOperation, Entity, Presence
from awayteam.catalog.search import ask
from awayteam.catalog.search.vocabulary import SHORTEST, VOCABULARY
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Identity

MOST_HITS = 100
FEW_KINDS = 100
"""Hits that are looked at where only some kinds are wanted."""


@dataclass(frozen=True, slots=True)
class Hit:
    """`subtitle` tells what it is (type, owner), `matched` where the words were found ("name", "operation GET /x")."""

    ref: str
    title: str
    kind: str
    subtitle: str
    matched: str
    score: int
    presence: int = Presence.PRESENT
    entity_id: int = 0


@dataclass(frozen=True, slots=True)
class SearchGroup:
    """Hits of one kind, the best first. `more` were left out; where that is as many as were looked at, `at_least`."""

    kind: str
    hits: list[Hit] = field(default_factory=list)
    more: int = 0
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Groups with the best hit first; `corrected` maps words as typed to those that were looked for as well."""

    groups: list[SearchGroup] = field(default_factory=list)
    corrected: dict[str, tuple[str, ...]] = field(default_factory=dict)


def matching(text: str) -> Q:
    """The condition that an entity has all words of `text` (as beginnings) anywhere; no condition for empty text.

    Where words are everywhere, `having` is faster.
    """
    words = ask.words_of(text)
    if not words:
        return Q(pk__in=[]) if text.strip() else Q()
    VOCABULARY.refresh()
    sql = f"SELECT {ask.key()} FROM catalog_search WHERE {ask.matches()}"  # noqa: S608
    return Q(pk__in=RawSQL(sql, [ask.everywhere(words)]))  # noqa: S611


def part_matching(text: str, most: int) -> tuple[Q, bool]:
    """`matching` for whoever reads every entity that fits, several times; the second value tells that it is a part.

    Where more than `most` entities have the words, it is those of every so-manieth id. Four statements at most.
    """
    words = ask.words_of(text)
    if not words:
        return matching(text), False
    VOCABULARY.refresh()
    question, key = ask.everywhere(words), ask.key()
    found = f"SELECT {key} FROM catalog_search WHERE {ask.matches()}"  # noqa: S608
    ids = _ids(f"{found} LIMIT {most + 1:d}", question)
    is_part = len(ids) > most
    if is_part:
        newest = Entity.objects.aggregate(n=Max("pk"))["n"] or 0
        ids = _ids(f"{found} AND {key} %% {max(2, ceil(newest / most)):d} = 0", question)
    return Q(Among("pk", ids)), is_part


def _ids(sql: str, question: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [question])
        return [pk for (pk,) in cursor.fetchall()]


def having(text: str) -> Q:
    """The same, asked of each entity by itself: for lists in an order of their own, where nearly any entity fits."""
    words = ask.words_of(text)
    if not words:
        return Q(pk__in=[]) if text.strip() else Q()
    VOCABULARY.refresh()
    # OFFSET 0 keeps PostgreSQL from making a join of it, which would read all that fit before the first is shown.
    same = f"catalog_search.{ask.key()} = catalog_entity.id"
    sql = f"EXISTS (SELECT 1 FROM catalog_search WHERE {same} AND {ask.matches()} LIMIT 1 OFFSET 0)"  # noqa: S608
    return Q(RawSQL(sql, [ask.everywhere(words)], output_field=BooleanField()))  # noqa: S611


def is_common(text: str, most: int) -> bool:
    """Whether more than `most` entities have the words, whoever may see them; one statement that stops there."""
    words = ask.words_of(text)
    if not words:
        return False
    VOCABULARY.refresh()
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM catalog_search WHERE {ask.matches()} LIMIT {most + 1:d}) AS found"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [ask.everywhere(words)])
        return bool(cursor.fetchone()[0] > most)


def search(actor: Actor, words: str, *, limit: int = 20, kinds: Sequence[str] = ()) -> SearchResult:
    """Entities for `words` (any text; all words must occur, as beginnings), up to `limit` of each kind.

    `kinds` restricts to some. A word that nothing begins with is looked for as typed and put right: one letter wrong,
    missing, too many, or two swapped. Ten statements at most.
    """
    typed = ask.words_of(words)
    if not typed:
        return SearchResult()
    limit = max(1, min(limit, MOST_HITS))
    most = max(2 * limit + 1, FEW_KINDS // len(kinds)) if kinds else 2 * limit + 1
    kinds = [usual_kind(kind) for kind in kinds]
    VOCABULARY.refresh()
    corrections = _corrections(typed)
    typed = [word._replace(corrections=corrections.get(word.typed, ())) for word in typed]
    corrected = "".join((word.corrections or (word.typed,))[0] for word in typed) if corrections else ""
    name = tokens.squash(words[: tokens.LONGEST_QUERY])
    found, bounded = ask.ranks(actor, typed, name, corrected, kinds, most)
    if all(tier < len(ask.TIERS) for tier in found.values()):
        corrections = {}
    return SearchResult(_groups(found, typed, limit, most if bounded else None), corrections)


def _corrections(typed: Sequence[ask.Word]) -> dict[str, tuple[str, ...]]:
    if all(len(word.typed) < SHORTEST for word in typed):
        return {}
    doubtful = [word for word in typed if not word.parts or not all(map(VOCABULARY.begins, word.parts))]
    return {word.typed: found for word in doubtful if (found := VOCABULARY.corrections(word.typed))}


Candidate = tuple[tuple[Any, ...], dict[str, Any]]


def _groups(found: dict[int, int], typed: Sequence[ask.Word], limit: int, most: int | None) -> list[SearchGroup]:
    """`most` is how many of a kind were looked at, None where all were."""
    kinds: dict[str, list[Candidate]] = defaultdict(list)
    for row in _rows(list(found)):
        order = (found[row["pk"]], row["presence"], len(row["name"]), row["sort_name"], row["pk"])
        kinds[row["kind"]].append((order, row))
    for candidates in kinds.values():
        candidates.sort(key=lambda candidate: candidate[0])
    shown = [candidate for candidates in kinds.values() for candidate in candidates[:limit]]
    hits = _hits(shown, typed)
    return [
        SearchGroup(
            kind,
            [hits[row["pk"]] for _, row in candidates[:limit]],
            more=max(0, len(candidates) - limit),
            at_least=most is not None and len(candidates) >= most,
        )
        for kind, candidates in sorted(kinds.items(), key=lambda item: item[1][0][0])
    ]


def _rows(ids: Sequence[int]) -> list[dict[str, Any]]:
    columns = ("pk", "ref", "kind", "name", "title", "sort_name", "type", "presence", "tags", "person")
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ids), 5_000):
        some = Entity.objects.filter(pk__in=ids[start : start + 5_000])
        rows += some.values(*columns, "owner__name", "owner__title")
    return rows


def _hits(candidates: Sequence[Candidate], typed: Sequence[ask.Word]) -> dict[int, Hit]:
    hits, unexplained = {}, []
    for (tier, *_), row in candidates:
        place = ask.TIERS[tier % len(ask.TIERS)]
        owner = row["owner__title"] or row["owner__name"] or ""
        subtitle = " · ".join(text for text in (row["type"], owner) if text)
        score = max(1, 100 - 6 * tier - 2 * (row["presence"] - 1))
        title = row["title"] or row["name"]
        hits[row["pk"]] = Hit(row["ref"], title, row["kind"], subtitle, place, score, row["presence"], row["pk"])
        if place == ask.DETAILS:
            unexplained.append((row, owner))
    for pk, matched in _explanations(unexplained, typed).items():
        hits[pk] = replace(hits[pk], matched=matched)
    return hits


def _explanations(rows: Sequence[tuple[dict[str, Any], str]], typed: Sequence[ask.Word]) -> dict[int, str]:
    """Entity id -> which owner, tag, type, address or operation a word was found in; two statements at most."""
    found: dict[int, str] = {}
    for row, owner in rows:
        texts = [("type", row["type"]), *(("tag", tag) for tag in row["tags"] or ()), ("owner", owner)]
        texts.append(("owner", row["owner__name"] or ""))
        what, text = max(texts, key=lambda pair: _count(pair[1], typed))
        if _count(text, typed):
            found[row["pk"]] = f"{what} {text}"
    apis = [row["pk"] for row, _ in rows if row["kind"] == "API"]
    if apis:
        found |= _operations(apis, typed)
    people = {row["person"]: row["pk"] for row, _ in rows if row["person"]}
    if people:
        for person, value in Identity.objects.filter(person__in=people).values_list("person", "value"):
            if _count(value, typed):
                found[people[person]] = value
    return found


def _operations(apis: Sequence[int], typed: Sequence[ask.Word]) -> dict[int, str]:
    """API -> its operation with the most of the words."""
    texts = {text for word in typed for text in (word.typed, *word.parts, *word.corrections)}
    condition = Q()
    for text in texts:
        condition |= Q(key__icontains=text) | Q(name__icontains=text) | Q(summary__icontains=text)
    best: dict[int, tuple[int, str]] = {}
    rows = ApiOperation.objects.filter(condition, api__in=apis).order_by("api", "position")
    for api, key, name, summary in rows.values_list("api", "key", "name", "summary")[:2_000]:
        count = _count(f"{key} {name} {summary}", typed)
        if count > best.get(api, (0, ""))[0]:
            called = f" ({name})" if not key.endswith(name) and _count(name, typed) else ""
            best[api] = (count, f"operation {key}{called}")
    return {api: text for api, (_, text) in best.items()}


def _count(text: str, typed: Sequence[ask.Word]) -> int:
    """How many of the words the text has."""
    known = set(tokens.words(text))
    return sum(
        any(word.startswith(option) for option in (wanted.typed, *wanted.corrections) for word in known)
        for wanted in typed
    )
