"""What an operation does, in words of any style: `GET /v2/orders/{orderId}` and `GetOrder` are both "get order".

Pure. Names of parameters, versions, prefixes, plural and the kind of interface are left out; action and nouns stay.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

HTTP = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE"})
ACTIONS = {
    "GET": "get", "HEAD": "get", "QUERY": "list", "POST": "create", "PUT": "update", "PATCH": "update",
    "DELETE": "delete",
}  # fmt: skip
SYNONYMS = {
    **dict.fromkeys(("get", "fetch", "read", "retrieve", "find", "show", "load", "lookup", "describe"), "get"),
    **dict.fromkeys(("list", "search", "query", "browse"), "list"),
    **dict.fromkeys(("create", "add", "insert", "post", "register", "new", "place", "submit"), "create"),
    **dict.fromkeys(("update", "set", "patch", "put", "modify", "change", "edit", "replace", "upsert"), "update"),
    **dict.fromkeys(("delete", "remove", "destroy", "drop"), "delete"),
    **dict.fromkeys(("send", "publish", "emit", "produce"), "send"),
    **dict.fromkeys(("receive", "subscribe", "consume", "on"), "receive"),
}
PREFIXES = frozenset({"api", "apis", "rest", "public", "internal", "external", "service", "services"})
EMPTY = frozenset({"by", "id", "ids", "all", "for", "of", "the", "a", "to", "from", "in", "with", "and"})
_EVERYWHERE = (
    "alive auth authenticate authorize callback config configuration debug doc docs favicon health healthcheck healthz "
    "heartbeat info live livez liveness login logout me metric oauth openapi ping prometheus ready readiness readyz "
    "root session signin signout status swagger token version"
)
BOILERPLATE = frozenset(_EVERYWHERE.split())
"""Nouns of operations that nearly every service has; they say little of what it does."""
VERSION = re.compile(r"v\d{1,4}(?:(?:alpha|beta|rc)?\d{0,4})\Z")
PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
LONGEST = 500


def intent(verb: str, path: str, key: str, name: str) -> str:
    """Action and nouns of one operation: "create order item"; "" where nothing is left of it."""
    if verb.upper() in HTTP and path.startswith("/"):
        return _of_path(verb.upper(), path[:LONGEST])
    return _of_name(verb, (name or key.rpartition("/")[2] or key)[:LONGEST])


@lru_cache(maxsize=1 << 16)
def _of_path(verb: str, path: str) -> str:
    nouns: list[str] = []
    ends_in_parameter = False
    for segment in path.split("?")[0].split("/"):
        if not segment:
            continue
        ends_in_parameter = is_parameter(segment)
        low = segment.lower()
        if ends_in_parameter or VERSION.match(low) or (not nouns and low in PREFIXES):
            continue
        nouns += words(segment)
    action = ACTIONS.get(verb, verb.lower())
    if action == "get" and not ends_in_parameter:
        action = "list"
    return " ".join([action, *nouns]) if nouns else ""


def is_parameter(segment: str) -> bool:
    """Whether a part of a path template stands for any value: `{id}`, `:id`, `<id>`, `*`."""
    return "{" in segment or segment[:1] in (":", "<") or segment in ("*", "**")


@lru_cache(maxsize=1 << 16)
def _of_name(verb: str, name: str) -> str:
    found = words(name)
    if not found:
        return ""
    action = SYNONYMS.get(found[0])
    if action is not None:
        found = found[1:]
    elif verb.lower() in ("query", "mutation", "subscription"):
        action = "get" if verb.lower() == "query" else verb.lower()
    else:
        action = SYNONYMS.get(verb.lower(), "do")
    nouns = [word for word in found if word not in EMPTY]
    return " ".join([action, *nouns]) if nouns else ""


@lru_cache(maxsize=1 << 15)
def _split(text: str) -> tuple[str, ...]:
    return tuple(singular(piece.lower()) for piece in PIECES.findall(text))


def words(text: str) -> list[str]:
    """The words of a name, in lower case and in the singular."""
    return list(_split(text))


def singular(word: str) -> str:
    """A rough singular, the same for a word and its plural: "orders", "categories", "boxes"."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def is_boilerplate(intent: str) -> bool:
    """Whether all nouns of an intent are those of operations that every service has."""
    _, *nouns = intent.split(" ")
    return all(noun in BOILERPLATE for noun in nouns)


_SAYING_LITTLE = (
    "api apis service services an are as at be can is it its on or our that this use used using via we which will you "
    "your rest http grpc graphql openapi swagger provides provide interface endpoint"
)
STOP = EMPTY | frozenset(_SAYING_LITTLE.split())


def text_words(texts: Iterable[str], most: int) -> list[str]:
    """The different words of titles or descriptions that say something, at most `most`."""
    found: dict[str, None] = {}
    for text in texts:
        for word in words(text[:5_000]):
            if len(word) > 2 and word not in STOP and not VERSION.match(word):
                found[word] = None
                if len(found) >= most:
                    return list(found)
    return list(found)
