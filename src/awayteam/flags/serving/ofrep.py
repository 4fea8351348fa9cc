"""The OpenFeature remote evaluation protocol, version 0.3.0, and the ruleset for providers that evaluate themselves.

    POST /ofrep/v1/evaluate/flags/{key}     one flag
    POST /ofrep/v1/evaluate/flags           all flags of the environment
    GET  /ofrep/v1/events?channel=...       server-sent events of changes
    GET  /ofrep/v1/ruleset                  the flags as flagd's JSON (tokens of reach `server`)

Whoever asks shows a token of an environment, as `Authorization: Bearer` or `X-API-Key`. Source: openapi.yaml and ADR
0008 of github.com/open-feature/protocol.
"""

import hashlib
import math
from typing import Any

import orjson

from awayteam.flags.evaluating import Answer, Code, too_deep
from awayteam.flags.rules import Reach
from awayteam.flags.serving import streams
from awayteam.flags.serving.cache import CACHE, Caller, Served
from awayteam.kernel import rulebook
from awayteam.kernel.lightpaths import JSON, Answered, Asked, TooLarge, json_answer
from awayteam.kernel.rest.limits import Limiter

PREFIX = "/ofrep/v1/"
EVALUATE = "evaluate/flags"
MOST_BYTES = 256 * 1024
DEEPEST = 32
LIMITER = Limiter()
CROSS_ORIGIN = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "ETag, Retry-After"))
"""Browsers of customers ask from other origins. A token is shown by hand and no cookie counts, so any may."""
PREFLIGHT = (
    *CROSS_ORIGIN,
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key"),
    ("Access-Control-Max-Age", "86400"),
)


class Refused(Exception):
    """A request that gets an error; the protocol's names of it."""

    def __init__(self, status: int, details: str, code: Code | None = None, *headers: tuple[str, str]) -> None:
        self.status, self.details, self.code, self.headers = status, details, code, headers


def handle(asked: Asked) -> Answered:
    """Every request below `PREFIX`."""
    if asked.method == "OPTIONS":
        return Answered(204, b"", PREFLIGHT)
    key = asked.path[len(EVALUATE) + 1 :] if asked.path.startswith(f"{EVALUATE}/") else None
    try:
        made = _routed(asked, key)
    except Refused as refusal:
        made = _refusal(refusal, key)
    return Answered(made.status, made.body, (*made.headers, *CROSS_ORIGIN))


def _routed(asked: Asked, key: str | None) -> Answered:
    if asked.path == "events":
        _method(asked, "GET")
        return streams.open_stream(asked)
    wanted = "GET" if asked.path == "ruleset" else "POST"
    if key is None and asked.path not in (EVALUATE, "ruleset"):
        raise Refused(404, "There is nothing at this address; see docs/flags.md.", Code.GENERAL)
    _method(asked, wanted)
    caller = _let_in(asked)
    served = CACHE.served(caller.environment)
    if served is None:
        raise Refused(401, "The environment of this token is gone.", Code.GENERAL)
    if asked.path == "ruleset":
        return _ruleset(asked, caller, served)
    context = _context(asked)
    return _one(served, key, context) if key is not None else _bulk(asked, caller, served, context)


def _method(asked: Asked, wanted: str) -> None:
    if asked.method != wanted:
        raise Refused(405, f"This address takes {wanted}.", Code.GENERAL, ("Allow", f"{wanted}, OPTIONS"))


def _let_in(asked: Asked) -> Caller:
    """Whose token is shown, within the limit; a bucket for each token, and one for each address without a good one."""
    token = asked.header("X-API-Key").strip() or asked.bearer()
    caller = CACHE.caller(token)
    book = rulebook.current()
    if caller is None:
        _limit(f"address {asked.address}", book.api.requests_per_minute)
        shown = "This token is not known here." if token else "Show a token: Authorization: Bearer ..., or X-API-Key."
        raise Refused(401, shown, Code.GENERAL, ("WWW-Authenticate", "Bearer"))
    _limit(f"token {caller.token}", book.flags.requests_per_minute)
    return caller


def _limit(key: str, per_minute: int) -> None:
    if wait := LIMITER.wait(key, per_minute):
        seconds = str(math.ceil(wait))
        raise Refused(429, f"Too many requests; wait {seconds} s.", Code.GENERAL, ("Retry-After", seconds))


def _context(asked: Asked) -> dict[str, Any]:
    try:
        body = asked.body(MOST_BYTES)
    except TooLarge:
        raise Refused(413, f"A body has at most {MOST_BYTES:,} bytes.", Code.INVALID_CONTEXT) from None
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"The body is no JSON: {error.msg} (line {error.lineno}).", Code.PARSE_ERROR) from None
    context = data.get("context", {}) if isinstance(data, dict) else None
    if not isinstance(context, dict):
        raise Refused(400, 'The body is {"context": {"targetingKey": ...}}.', Code.INVALID_CONTEXT)
    if too_deep(context, DEEPEST):
        raise Refused(400, f"The context is nested deeper than {DEEPEST}.", Code.INVALID_CONTEXT)
    return context


def _one(served: Served, key: str, context: dict[str, Any]) -> Answered:
    answer = served.ruleset.evaluate(key, context)
    if answer.error:
        status = 404 if answer.error == Code.FLAG_NOT_FOUND else 400
        return json_answer(status, {"key": key, "errorCode": answer.error, "errorDetails": answer.details})
    return json_answer(200, _shown(key, answer))


def _shown(key: str, answer: Answer) -> dict[str, Any]:
    """An answer in the protocol's words. `variant` always stands there, because providers read it unasked."""
    if answer.error:
        return {"key": key, "errorCode": answer.error, "errorDetails": answer.details}
    made = {"key": key, "reason": answer.reason, "variant": answer.variant, "metadata": answer.metadata}
    if answer.variant:
        made["value"] = answer.value
    return made


def _bulk(asked: Asked, caller: Caller, served: Served, context: dict[str, Any]) -> Answered:
    """All flags. The ETag is a hash of the answers, so that whoever gets the same gets no second copy of it."""
    flags = orjson.dumps([_shown(key, flag.evaluate(context)) for key, flag in served.ruleset.flags.items()])
    etag = f'"{hashlib.blake2b(flags, digest_size=16).hexdigest()}"'
    headers = (("ETag", etag), ("Cache-Control", "private, no-cache"))
    if _matches(asked.header("If-None-Match"), etag):
        return Answered(304, b"", headers)
    rest: dict[str, Any] = {"metadata": {"environment": served.environment, "version": served.version}}
    if offered := streams.offer(caller):
        rest["eventStreams"] = [offered]
    body = b'{"flags":' + flags + b"," + orjson.dumps(rest)[1:]
    return Answered(200, body, (("Content-Type", JSON), *headers))


def _matches(given: str, etag: str) -> bool:
    """Whether `If-None-Match` names the ETag, quoted as HTTP wants it or bare as the protocol's examples have it."""
    names = {one.strip().removeprefix("W/").strip('"') for one in given.split(",")} if given else set()
    return etag.strip('"') in names or "*" in names


def _ruleset(asked: Asked, caller: Caller, served: Served) -> Answered:
    if caller.reach is not Reach.SERVER:
        what = "This token is for customers' devices; rulesets are for tokens of reach 'server'."
        raise Refused(403, what, Code.GENERAL)
    etag = f'"{served.version}"'
    headers = (("ETag", etag), ("Cache-Control", "private, no-cache"))
    if _matches(asked.header("If-None-Match"), etag):
        return Answered(304, b"", headers)
    return Answered(200, served.document, (("Content-Type", JSON), *headers))


def _refusal(refusal: Refused, key: str | None) -> Answered:
    said: dict[str, Any] = {"errorDetails": refusal.details}
    if refusal.code is not None:
        said["errorCode"] = refusal.code
    if key is not None:
        said["key"] = key
    return json_answer(refusal.status, said, *refusal.headers)
