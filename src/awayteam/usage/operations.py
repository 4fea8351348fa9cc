"""Operations of the telemetry beside those of an API's description: the same one, however its parameters are written.
Pure."""

import re

_PARAMETER = re.compile(r"\{[^{}]*\}|:[A-Za-z_]\w*|<[^<>]*>|\[[^\[\]]*\]|\*+")
_VERBS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"})


def operation_key(text: str) -> str:
    """`GET /orders/:id/` and `get /orders/{order}` are `GET /orders/{}`; what is no route stays, but for a first slash.

    An RPC is `package.Service/Method` in both.
    """
    verb, _, path = text.strip().partition(" ")
    if verb.upper() in _VERBS and path.startswith("/"):
        return f"{verb.upper()} {_PARAMETER.sub('{}', path.rstrip('/') or '/')}"
    return text.strip().removeprefix("/")
