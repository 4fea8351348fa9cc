"""Asking the index of either database, in tiers from the best place to the worst.

Each tier reads a bounded number of rows, so that a word that is everywhere costs as little as others. Tokens consist
of letters, digits and underscores and are quoted besides: no query is ever read as syntax.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from awayteam.catalog import tokens
from awayteam.catalog.models import FacetCount, Presence
from awayteam.catalog.permissions import Sight
from awayteam.catalog.search.vocabulary import VOCABULARY
from awayteam.kernel.actor import Actor

MOST_CANDIDATES = 300
"""Matches that are all looked at; where there are more, every kind is asked for its own."""
MANY = 4
"""Times as many rows are read of the beginnings of names, which are asked once for all kinds: where thousands of names
begin alike, finding them takes long for each kind anew."""
SHORT = 2
"""Letters of a word up to which it is looked for in names and titles only; such a number must be whole."""
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


def ranks(
    actor: Actor, words: Sequence[Word], name: str, corrected: str, kinds: Sequence[str], most: int
) -> tuple[dict[int, int], bool]:
    """Entity id -> the best tier in which it is found, of entities that the actor may see; six statements at most.

    `VOCABULARY` must be fresh. `name` is the whole query as one name, `corrected` the same put right ("" where nothing
    is). The second value tells whether there were so many that `most` of a kind and tier were enough; a kind with fewer
    is complete even then.
    """
    sight = Sight.of(actor)
    tiers = _tiers(words, name, corrected)
    names, fields = [one for one in tiers if one.is_name], [one for one in tiers if not one.is_name]
    best: dict[int, int] = {}
    if not kinds:
        whole, rest = (fields, []) if _are_apart(words) else (fields[-1:], fields[:-1])
        found = _ask(whole, MOST_CANDIDATES + 1, sight, in_all=MOST_CANDIDATES + 1)
        _note(best, found)
        if len(found) <= MOST_CANDIDATES:
            _note(best, _ask(names + rest, MOST_CANDIDATES, sight))
            return best, False
    wanted = list(kinds or _kinds())
    if not kinds:
        begun, names = _by_names(names, MANY * most, sight)
        _note(best, begun)
    _note(best, _ask([one._replace(kind=kind) for one in names for kind in kinds or [""]], MANY * most, sight))
    for some in (fields[:1], fields[1:]):
        found = _ask([question._replace(kind=kind) for kind in wanted for question in some], most, sight)
        _note(best, found)
        numbers = Counter(kind for kind, _ in {(question.kind, pk) for question, pk in found})
        wanted = [kind for kind in wanted if numbers[kind] < most]
    return best, True


def _note(best: dict[int, int], found: Iterable[tuple["Question", int]]) -> None:
    for question, pk in found:
        best[pk] = min(question.tier, best.get(pk, question.tier))


def _are_apart(words: Sequence[Word]) -> bool:
    """Whether each tier may look into its own field only: what is in the fields before is in the tiers before. Several
    words, and the parts of one, may stand in different fields."""
    return len(words) == 1 and not words[0].parts


def _by_names(
    names: Sequence["Question"], most: int, sight: Sight
) -> tuple[list[tuple["Question", int]], list["Question"]]:
    """On PostgreSQL, the beginnings of names of which there are as many as wanted, and the other questions.

    Its index of tokens reads all that begin so before the first is known; the index of names stops. Names in which the
    beginning is interrupted by other signs are found by their tokens only, which is why fewer don't count.
    """
    if connection.vendor != "postgresql":
        return [], list(names)
    found: list[tuple[Question, int]] = []
    rest: list[Question] = []
    rule = f"e.presence <> {Presence.REMOVED.value} AND {sight.sql('e')}"
    sql = f"SELECT e.id FROM catalog_entity e WHERE lower(e.name) ~>=~ %s AND lower(e.name) ~<~ %s AND {rule} LIMIT %s"  # noqa: S608
    for question in names:
        ids = []
        if question.begins:
            with connection.cursor() as cursor:
                cursor.execute(sql, [question.begins, question.begins + "\U0010ffff", most])
                ids = cursor.fetchall()
        if ids and len(ids) == most:
            found += [(question, pk) for (pk,) in ids]
        else:
            rest.append(question)
    return found, rest


def _kinds() -> list[str]:
    """The kinds that there are, in the order in which people look for them; one statement."""
    known = set(FacetCount.objects.order_by().values_list("kind", flat=True).distinct())
    return [kind for kind in KINDS if kind in known] + sorted(known.difference(KINDS))


class Question(NamedTuple):
    """What to ask for in one tier, of one kind of entity ("": of all); `begins` is what the name itself begins with."""

    tier: int
    text: str
    is_name: bool = False
    kind: str = ""
    begins: str = ""


def _tiers(words: Sequence[Word], name: str, corrected: str) -> list[Question]:
    """The questions, the best tier first. Where only a letter or two were typed, names and titles are enough.

    A word that is put right begins no known word, so that what is found in fields is found by its correction: with
    `corrected`, the whole query put right as one name, those tiers come after all others (`len(TIERS)` further on).
    """
    later = len(TIERS) if corrected else 0
    asked = [*_names(name, 0), *_names(corrected, later)]
    short = all(len(word.typed) <= SHORT for word in words)
    fields = {tier: marks for tier, marks in FIELDS.items() if not short or tier <= 4}
    if _are_apart(words):
        fields = {tier: marks[-1:] for tier, marks in fields.items()}
    return asked + [
        Question(later + tier, _all(_in_fields(word, marks) for word in words)) for tier, marks in fields.items()
    ]


def _names(name: str, tier: int) -> list[Question]:
    if not name:
        return []
    return [
        Question(tier, token(f"{tokens.EXACT}_{name}"), is_name=True),
        Question(tier + 1, token(f"{tokens.EXACT}_{name}", beginning=True), is_name=True, begins=name),
        Question(tier + 2, token(f"{tokens.TITLE_EXACT}_{name}", beginning=True), is_name=True),
    ]


def _in_fields(word: Word, marks: Sequence[str]) -> str:
    """The word in any of the fields: as typed, put right, or (where it was typed without separators) as its parts."""

    def begins(text: str) -> str:
        if text.isdigit() and len(text) <= SHORT:
            return _any(token(f"{mark}_{text}") for mark in marks)
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


def _ask(
    questions: Sequence[Question], most: int, sight: Sight, *, in_all: int | None = None
) -> list[tuple[Question, int]]:
    """Which entities answer which question; one statement, with at most `most` of each, and `in_all` of all together,
    the first questions first."""
    if not questions:
        return []
    build = _part_postgresql if connection.vendor == "postgresql" else _part_sqlite
    parts = [f"SELECT * FROM ({build(place, most, sight)}) AS part" for place in range(len(questions))]  # noqa: S608
    texts = [
        _all([token(f"{tokens.KIND}_{tokens.squash(one.kind)}")] * bool(one.kind) + [one.text]) for one in questions
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + (f" LIMIT {in_all:d}" if in_all is not None else ""), texts)
        return [(questions[place], pk) for place, pk in cursor.fetchall()]


def _part_postgresql(place: int, most: int, sight: Sight) -> str:
    """By a function of ours, which keeps the planner from reading the table instead of the index."""
    trusted = ", ".join(str(int(pk)) for pk in sight.trusted)
    sees = "true" if sight.everything else "false"
    arguments = f"%s::tsquery, {most:d}, {sees}, ARRAY[{trusted}]::bigint[]"
    return f"SELECT {place:d} AS place, id FROM catalog_search_ask({arguments}) AS id"  # noqa: S608


def _part_sqlite(place: int, most: int, sight: Sight) -> str:
    """FTS5 walks the lists of all tokens side by side and stops at the limit."""
    rule = f"e.presence <> {Presence.REMOVED.value} AND {sight.sql('e')}"
    rows = f"catalog_search CROSS JOIN catalog_entity e WHERE e.id = catalog_search.rowid AND {matches()}"
    return f"SELECT {place:d} AS place, e.id FROM {rows} AND {rule} LIMIT {most:d}"  # noqa: S608
