"""The verdict of a server, asked over its API: one question, one bounded answer, every refusal as a sentence."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from awayteam.gate.asking import Words, reviewer
from awayteam.gate.fromgit import Span
from awayteam.gate.plain import from_json, quoted
from awayteam.gate.verdict import Verdict

SECONDS = 30.0
MAX_BYTES = 16 * 1024 * 1024
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerError(Exception):
    """The server gave no verdict; the text says why and what to do."""


def body(words: Words, span: Span, suppositions: tuple[str, ...] = ()) -> dict[str, Any]:
    """The question as the API takes it. Who wrote the commits is for the server to find out."""
    event = words.event
    said = [*((one, "approved") for one in words.approvals), *((one, "changes-requested") for one in words.rejections)]
    approvals = [(reviewer(one, span.head), what) for one, what in said]
    return {
        "repository": words.repository,
        "base": span.base,
        "head": span.head,
        "author": words.author or (event.login if event else ""),
        "paths": list(map(quoted, span.paths)),
        "approvals": [{"person": who, "said": what, "commit": commit} for (who, commit), what in approvals],
        "way": str(words.way),
        "suppose": list(suppositions),
    }


def ask(server: str, token: str, question: Mapping[str, Any], *, seconds: float = SECONDS) -> Verdict:
    """The server's verdict. Raises `ServerError`. No redirect is followed: the token is for this host alone."""
    address = _address(server)
    if not token:
        raise ServerError("AWAYTEAM_TOKEN is not set; make a token with `awayteam users token` and give it to this job")
    if not token.isascii() or not token.isprintable():
        raise ServerError("AWAYTEAM_TOKEN holds characters that no token has; set it anew")
    import httpx

    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": "application/json"}
    content = json.dumps(question).encode("ascii")
    try:
        with (
            httpx.Client(timeout=seconds, follow_redirects=False, trust_env=True) as client,
            client.stream("POST", address, content=content, headers=headers) as answer,
        ):
            data = b""
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise ServerError(f"{address} answered more than {MAX_BYTES:,} bytes; is that an Awayteam server?")
            status = answer.status_code
    except httpx.TimeoutException as error:
        raise ServerError(f"{address} didn't answer within {seconds:g} s; try again, or ask who runs it") from error
    except httpx.HTTPError as error:
        raise ServerError(f"{address} can't be reached: {error}") from error
    return _verdict(address, status, data)


def is_exposed(server: str) -> bool:
    """Whether the token would go over a network unencrypted."""
    parts = urlsplit(server)
    return parts.scheme == "http" and (parts.hostname or "") not in _LOCAL


def _address(server: str) -> str:
    try:
        parts = urlsplit(server.strip())
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = None
    if not known or parts.username or parts.password or parts.query or parts.fragment:
        raise ServerError(f"{server[:200]!r} is no address of a server; write https://awayteam.example.org")
    return f"{server.strip().rstrip('/')}/api/v1/gate"


def _verdict(address: str, status: int, data: bytes) -> Verdict:
    try:
        answer: Any = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    if status != 200:
        raise ServerError(_why(address, status, answer))
    try:
        inner = answer.get("verdict", answer) if isinstance(answer, dict) else answer
        return from_json(inner)
    except (ValueError, RecursionError) as error:
        raise ServerError(f"{address} answered what is no verdict ({error}); is it of the same version?") from error


def _why(address: str, status: int, answer: Any) -> str:
    said = ""
    if isinstance(answer, dict):
        found = (answer.get(key) for key in ("detail", "what", "title", "advice"))
        said = " ".join(one[:500] for one in found if isinstance(one, str))
    advice = {
        401: "the token isn't good; make a new one and set AWAYTEAM_TOKEN",
        403: "the token's owner may not ask this",
        404: "there is nothing at this address, or the token's owner may not see it; is --server its root?",
        413: "the change is too large for the server",
        422: "the server doesn't understand the question",
        429: "too many questions; try again in a minute",
    }.get(status, "the server failed; look at its log" if status >= 500 else "that isn't an answer of Awayteam")
    return f"{address} answered {status}: {advice}{f' ({said})' if said else ''}"
