"""What may be a saved view: pure functions over names and the parameters of an address."""

from urllib.parse import parse_qsl, urlencode

LONGEST_NAME = 80
LONGEST_QUERY = 2_000
MOST_PARAMETERS = 100
MOST_VIEWS = 50
"""Views that one person keeps for one list."""

PASSING = frozenset({"bulk", "csrfmiddlewaretoken", "cursor", "format", "saved"})
"""Parameters that belong to one look at a list, not to the way of looking: the page of it, a download, a message."""

PLAIN = "all"
"""`?saved=all` asks for the bare list where a default view would stand in its place."""


def kept(query: str) -> str:
    """The parameters of an address that make a view, in their order; "" where nothing is left."""
    pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name and name not in PASSING])


def same(one: str, other: str) -> bool:
    """Whether two addresses show the same view: the order of different parameters doesn't matter."""
    return sorted(parse_qsl(kept(one), keep_blank_values=True)) == sorted(
        parse_qsl(kept(other), keep_blank_values=True)
    )


def wrong_name(name: str) -> str | None:
    """What is wrong with the name of a view, or None."""
    if not name.strip():
        return "give it a name"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} fit"
    return "holds a character that can't be shown" if any(not letter.isprintable() for letter in name) else None


def wrong_query(query: str) -> str | None:
    """What is wrong with the parameters of a view (as `kept` gives them), or None."""
    if "%00" in query:
        return "holds a character that can't be stored"
    if len(query) > LONGEST_QUERY:
        return f"has {len(query):,} characters after the question mark; at most {LONGEST_QUERY:,} are kept"
    count = query.count("&") + 1
    return f"has {count} filters; at most {MOST_PARAMETERS} are kept" if count > MOST_PARAMETERS else None
