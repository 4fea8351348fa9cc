"""Asking the index of either database, in tiers from the best place to the worst.

Each tier reads a bounded number of rows, so that a word that is everywhere costs as little as others. Tokens consist
of letters, digits and underscores and are quoted besides: no query is ever read as syntax.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from awayteam.catalog.models import FacetCount, Presence
from awayteam.catalog.permissions import owners_trusted, sees_everything
from awayteam.catalog.search import tokens
from awayteam.catalog.search.vocabulary import VOCABULARY
from awayteam.kernel.actor import Actor

MOST_CANDIDATES = 300
"""Matches that are all looked at; where there are more, every kind is asked for its own."""
KINDS = ("Component", "API", "Group", "User", "System", "Domain", "Resource", "Location")

NAME, TITLE, DETAILS, DESCRIPTION = "name", "title", "details", "description"
TIERS = (NAME, NAME, TITLE, NAME, TITLE, DETAILS, DESCRIPTION)
"""Where the words are in each tier: the very name, its beginning, the title's beginning, words of the name, ..."""
FIELDS = {
    3: (tokens.NAME,),
    4: (tokens.NAME, tokens.TITLE),
    5: (tokens.NAME, tokens.TITLE, tokens.EXTRA),
    6: (tokens.NAME, tokens.TITLE, tokens.EXTRA, tokens.DESCRIPTION),
}


class Word(NamedTuple):
    """A word of a query as typed (folded), the parts it may consist of, and the known words that it may stand for."""

    typed: str
    parts: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()


def words_of(text: str) -> list[Word]:
    """The words of a query; none where it has no letter or digit."""
    return [Word(typed, tuple(rest)) for typed, *rest in tokens.query_words(text)]


def everywhere(words: Sequence[Word]) -> str:
    """The question for entities that have all words anywhere; `VOCABULARY` must be fresh."""
    return _all(_in_fields(word, FIELDS[6]) for word in words)


def ranks(actor: Actor, words: Sequence[Word], name: str, kinds: Sequence[str], most: int) -> dict[int, int]:
    """Entity id -> the best tier in which it is found, of entities that the actor may see; three statements at most.

    `name` is the whole query as one name ("" where that makes no sense); `most` rows of each kind and tier are enough.
    """
    VOCABULARY.refresh()
    rule = _visible(actor)
    tiers = _tiers(words, name)
    if not kinds:
        found = _ask([(6, everywhere(words))], MOST_CANDIDATES + 1, rule)
        if len(found) <= MOST_CANDIDATES:
            return _best(found, _ask(tiers[:-1], MOST_CANDIDATES, rule)) if found else found
    asked = [
        (tier, _all([token(f"{tokens.KIND}_{tokens.squash(kind)}"), question]))
        for kind in kinds or _kinds()
        for tier, question in tiers
    ]
    return _ask(asked, most, rule)


def _kinds() -> list[str]:
    """The kinds that there are, in the order in which people look for them; one statement."""
    known = set(FacetCount.objects.order_by().values_list("kind", flat=True).distinct())
    return [kind for kind in KINDS if kind in known] + sorted(known.difference(KINDS))


def _tiers(words: Sequence[Word], name: str) -> list[tuple[int, str]]:
    tiers = []
    if name:
        tiers = [
            (0, token(f"{tokens.EXACT}_{name}")),
            (1, token(f"{tokens.EXACT}_{name}", beginning=True)),
            (2, token(f"{tokens.TITLE_EXACT}_{name}", beginning=True)),
        ]
    return tiers + [(tier, _all(_in_fields(word, marks) for word in words)) for tier, marks in FIELDS.items()]


def _in_fields(word: Word, marks: Sequence[str]) -> str:
    """The word in any of the fields: as typed, put right, or (where it was typed without separators) as its parts."""

    def begins(text: str) -> str:
        whole = VOCABULARY.expansions(text)
        if whole is None:
            return _any(token(f"{mark}_{text}", beginning=True) for mark in marks)
        return _any(token(f"{mark}_{term}") for mark in marks for term in whole or [text])

    options = [begins(text) for text in (word.typed, *word.corrections)]
    if word.parts:
        options.append(_all(begins(part) for part in word.parts))
    return _any(options)


def token(text: str, *, beginning: bool = False) -> str:
    """One token as the database writes it in a question."""
    if connection.vendor == "postgresql":
        return f"'{text}':*" if beginning else f"'{text}'"
    return f'"{text}"*' if beginning else f'"{text}"'


def _any(questions: Iterable[str]) -> str:
    return "(" + (" | " if connection.vendor == "postgresql" else " OR ").join(questions) + ")"


def _all(questions: Iterable[str]) -> str:
    return "(" + (" & " if connection.vendor == "postgresql" else " AND ").join(questions) + ")"


def matches() -> str:
    """The condition of SQL, with one parameter, that a row of the index answers a question."""
    return "catalog_search.tokens @@ %s::tsquery" if connection.vendor == "postgresql" else "catalog_search MATCH %s"


def key() -> str:
    """The column of the index that holds the entity's id."""
    return "entity_id" if connection.vendor == "postgresql" else "rowid"


def _visible(actor: Actor) -> str:
    """The rule of `permissions.visible` in SQL over `e`; all ids are numbers of our own."""
    removed = f"e.presence <> {Presence.REMOVED.value}"
    if sees_everything(actor):
        return removed
    trusted = ", ".join(str(int(pk)) for pk in owners_trusted(actor)) or "0"
    return f"{removed} AND (NOT e.restricted OR e.owner_id IN ({trusted}) OR e.id IN ({trusted}))"


def _ask(tiers: Sequence[tuple[int, str]], most: int, rule: str) -> dict[int, int]:
    """Entity id -> best tier; one statement, with at most `most` rows of each question."""
    if connection.vendor == "postgresql":
        rows = f"catalog_search JOIN catalog_entity e ON e.id = entity_id WHERE {matches()}"
    else:
        rows = f"catalog_search CROSS JOIN catalog_entity e WHERE e.id = catalog_search.rowid AND {matches()}"
    parts = [
        f"SELECT * FROM (SELECT {tier:d} AS tier, e.id FROM {rows} AND {rule} LIMIT {most:d}) AS t{place}"  # noqa: S608
        for place, (tier, _) in enumerate(tiers)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [question for _, question in tiers])
        return _best(*({pk: tier} for tier, pk in cursor.fetchall()))


def _best(*found: dict[int, int]) -> dict[int, int]:
    best: dict[int, int] = {}
    for some in found:
        for pk, tier in some.items():
            best[pk] = min(tier, best.get(pk, tier))
    return best
