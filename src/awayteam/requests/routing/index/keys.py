"""The keys under which things are kept and looked up; pure."""

import hashlib
import itertools
import re
from collections.abc import Iterator

from awayteam.duplicates.alike.intents import is_parameter

MOST_PARTS = 12
"""Parts of a path that are looked at; operations have fewer."""
FREE_PARTS = 6
"""Parts of a concrete path that may be either a word of the template or a parameter's value."""
VALUE = re.compile(
    r"\d+|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Z0-9]{20,}|[^@=,:]*[@=,:].*",
    re.IGNORECASE,
)
MANY_DIGITS = 2
HOLE = "{}"


def number(text: str) -> int:
    """64 bits of a text, signed, the same in every process."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def tail(path: str, parts: int) -> str:
    """The last `parts` parts of a path."""
    return "/".join(path.split("/")[-parts:])


def tails(path: str) -> tuple[int, int, int]:
    """The keys of a file by its last one, two and three parts."""
    return number(tail(path, 1)), number(tail(path, 2)), number(tail(path, 3))


def shape_of_template(path: str) -> str:
    """`/v1/orders/{}` of `/v1/Orders/{orderId}`; "" for what is no path."""
    parts = [part for part in path.split("?")[0].split("/") if part]
    if not parts or len(parts) > MOST_PARTS:
        return ""
    return "/" + "/".join(HOLE if is_parameter(part) else part.lower() for part in parts)


def shapes_of_path(path: str) -> Iterator[str]:
    """The templates that a concrete path may have come from, the most literal first; those without leading parts too.

    Numbers, ids and other evident values are always parameters; of the other parts each may be one or not.
    """
    parts = [part for part in path.split("?")[0].split("/") if part][:MOST_PARTS]
    for skipped in range(min(3, len(parts))):
        rest = parts[skipped:]
        choices = [_choices(part, place, len(rest)) for place, part in enumerate(rest)]
        for some in sorted(itertools.product(*choices), key=lambda shape: shape.count(HOLE)):
            yield "/" + "/".join(some)


def _choices(part: str, place: int, of: int) -> tuple[str, ...]:
    if is_parameter(part) or VALUE.fullmatch(part) or sum(map(str.isdigit, part)) > MANY_DIGITS:
        return (HOLE,)
    if of - place > FREE_PARTS:
        return (part.lower(),)
    return (part.lower(), HOLE)


def procedure(name: str) -> tuple[str, str]:
    """`service/method` without package, and whole, both in lower case: of `shop.v1.Orders/Get` `orders/get`."""
    whole = name.strip("/").lower()
    service, _, method = whole.rpartition("/")
    return f"{service.rpartition('.')[2]}/{method}", whole
