"""Words of texts and queries: folded, and split where people hear words: `OrdersAPI`, `orders-api`, `/orders/{id}`.

A token in the index is a field's mark, an underscore, and a word: `n_orders`. Both databases store the very same
tokens. They consist of letters, digits and that one underscore, so nothing of a query is ever read as syntax.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

LONGEST_WORD = 40
"""Characters; the rest of a word is cut, in texts and in queries alike."""
MOST_QUERY_WORDS = 8
LONGEST_QUERY = 500
MOST_WORDS = {"n": 60, "t": 60, "x": 1_500, "d": 200}
"""Different words kept of each field of an entity; what an API's operations add may be many."""

MOST_OPERATIONS = 1_000
"""Operations of one API whose words are kept."""

EXACT, TITLE_EXACT, NAME, TITLE, EXTRA, DESCRIPTION, KIND = "e", "f", "n", "t", "x", "d", "k"

PIECES = re.compile(r"[^\W_]+")
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def fold(text: str) -> str:
    """Lower case without accents; "Größe" and "GROSSE" are one."""
    if text.isascii():
        return text.lower()
    return _without_accents(text.casefold())


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _pieces(text: str) -> list[str]:
    """The runs of letters and digits of a text in order, without accents, in their own case."""
    return PIECES.findall(text if text.isascii() else _without_accents(text))


@lru_cache(maxsize=1 << 17)
def parts(piece: str) -> tuple[str, ...]:
    """The folded piece (a run of letters and digits), and its words where it has several: `ordersapi orders api`."""
    folded = squash(piece)[:LONGEST_WORD]
    if piece.islower() and piece.isalpha():
        return (folded,)
    found = PARTS.findall(piece) if piece.isascii() else []
    if len(found) < 2:
        return (folded,)
    return tuple(dict.fromkeys([folded, *(fold(part)[:LONGEST_WORD] for part in found)]))


def words(text: str) -> dict[str, None]:
    """The different words of a text, in order."""
    return dict.fromkeys(chain.from_iterable(map(parts, _pieces(text))))


def squash(text: str) -> str:
    """A name without its separators, to find `orders-api` by "Orders API" and "ordersapi"."""
    folded = fold(text)
    return (folded if folded.isalnum() else "".join(PIECES.findall(folded)))[: 2 * LONGEST_WORD]


def document(kind: str, name: str, title: str, description: str, further: str) -> str:
    """What the index keeps of an entity by itself, as one text; `further` is what else is searched."""
    tokens = [f"{KIND}_{squash(kind)}", f"{EXACT}_{squash(name)}"]
    if title:
        tokens.append(f"{TITLE_EXACT}_{squash(title)}")
    for mark, text in ((NAME, name), (TITLE, title), (EXTRA, further), (DESCRIPTION, description)):
        if text:
            start = f"{mark}_"
            tokens += [start + word for word in list(words(text))[: MOST_WORDS[mark]]]
    return " ".join(tokens)


def further(type: str, tags: Iterable[str], namespace: str, more: Iterable[str]) -> str:
    """What of an entity is searched beside name, title and description; `more` are operations and handles."""
    return " ".join([type, *tags, *more, "" if namespace == "default" else namespace])


def with_owner(document: str, owner: str) -> str:
    """`document` with the names of the entity's owner."""
    known = f" {document} "
    return " ".join([document, *(token for token in _of_owner(owner) if f" {token} " not in known)])


@lru_cache(maxsize=1 << 14)
def _of_owner(names: str) -> tuple[str, ...]:
    return tuple(f"{EXTRA}_{word}" for word in words(names))


def vocabulary(tokens: Iterable[str]) -> set[str]:
    """The words of these tokens, without those of whole names and kinds."""
    return {token[2:] for token in tokens if token[0] in MOST_WORDS}


def query_words(text: str) -> list[tuple[str, ...]]:
    """The words of a query: each the folded word as typed, and after it the parts that it may consist of."""
    found = dict.fromkeys(map(parts, _pieces(text[:LONGEST_QUERY])))
    return list(found)[:MOST_QUERY_WORDS]
