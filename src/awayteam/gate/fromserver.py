"""The verdict of a server, asked over its API: one question, one bounded answer, every refusal as a sentence."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from awayteam.contributions.identities import noreply_login
from awayteam.contributions.mailmap import Mailmap
from awayteam.gate import fromgit
from awayteam.gate.asking import Words, reviewer
from awayteam.gate.fromgit import Span
from awayteam.gate.plain import from_json, quoted
from awayteam.gate.verdict import Verdict

SECONDS = 30.0
MAX_BYTES = 16 * 1024 * 1024
MOST_HANDS, LONGEST_ADDRESS, MAX_RULES = 500, 300, 500_000
"""As the API takes them."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerError(Exception):
    """The server gave no verdict; the text says why and what to do."""


def body(words: Words, span: Span, suppositions: tuple[str, ...] = ()) -> dict[str, Any]:
    """The question as the API takes it, with who wrote the commits and the base's rules, as far as one file says them:
    the server may not follow the repository. Raises `ServerError` where more people wrote it than can be told."""
    event = words.event
    said = [*((one, "approved") for one in words.approvals), *((one, "changes-requested") for one in words.rejections)]
    approvals = [(reviewer(one, span.head), what) for one, what in said]
    hands = _hands(span)
    if len(hands) > MOST_HANDS:
        raise ServerError(f"more than {MOST_HANDS} people wrote this change; bring it in in parts")
    found: dict[str, Any] = {
        "repository": words.repository,
        "base": span.base,
        "head": span.head,
        "author": words.author or (event.login if event else ""),
        "bot": bool(event and event.is_bot and not words.author),
        "paths": list(map(quoted, span.paths)),
        "hands": hands,
        "approvals": [{"person": who, "said": what, "commit": commit} for (who, commit), what in approvals],
        "checks": [{"name": name, "passed": passed} for name, passed in words.checks.items()],
        "way": str(words.way),
        "url": words.url or (event.url if event else ""),
        "suppose": list(suppositions),
    }
    rules = _rules(span)
    return {**found, "rule_files": rules} if rules else found


def _hands(span: Span) -> list[str]:
    """Addresses of everybody who wrote in it, by the base's mailmap too; of a forge's own addresses the login."""
    if not span.paths:
        return []
    proper = Mailmap(fromgit.mailmap(span))
    written = fromgit.writers(span)
    addresses = [address for name, mail in written for address in (mail, proper(name, mail)[1])]
    found = (noreply_login(one) or one.lower() for one in addresses)
    return [one for one in dict.fromkeys(found) if one and len(one) <= LONGEST_ADDRESS and one.isprintable()]


def _rules(span: Span) -> dict[str, str]:
    """The rule files of the base where they are few; formats with a file in every folder are for a server that follows
    the repository."""
    tree = fromgit.tree(span)
    found = [path for path in fromgit.PLACES if tree.size(path) is not None]
    if any(path.startswith("OWNERS") for path in found) or any((tree.size(path) or 0) > MAX_RULES for path in found):
        return {}
    try:
        return {path: (tree.read(path) or b"").decode("utf-8") for path in found}
    except UnicodeDecodeError:
        return {}


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
