"""JSON in and out by orjson; what comes in is bounded and free of what no database stores."""

from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import AnyUrl, BaseModel

from awayteam.kernel.errors import AwayteamError, InvalidInput

MAX_DEPTH = 60
"""Deeper than any descriptor is; below what orjson writes (254) and Pydantic walks."""


class BadJson(AwayteamError):
    """The body isn't JSON."""

    status = 400
    title = "Bad JSON"


class WrongMediaType(AwayteamError):
    """The body is of a kind that nobody here reads."""

    status = 415
    title = "Unsupported media type"


class JsonParser(Parser):
    """Bodies and query strings as plain values, or a typed error that says what is wrong with them."""

    def parse_body(self, request: HttpRequest) -> Any:
        if getattr(request, "content_type", "application/json") not in {
            "application/json",
            "application/merge-patch+json",
        }:
            raise WrongMediaType(
                f"A body of type {(request.content_type or '')[:100]!r} isn't read here.", "Send application/json."
            )
        return load(request.body)

    def parse_querydict(
        self,
        data: MultiValueDict,  # type: ignore[type-arg]
        list_fields: list[str],
        request: HttpRequest,
    ) -> dict[str, Any]:
        for name in data:
            for value in data.getlist(name):
                if "\0" in name or "\0" in value:
                    raise InvalidInput(f"{_shown(name)} holds a NUL character.", "Leave it out.")
        return super().parse_querydict(data, list_fields, request)


def load(data: bytes) -> Any:
    """The value of JSON text. Raises `BadJson` for anything else, for depth over 60 levels and for NUL characters."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadJson(f"The body isn't JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    check(value)
    return value


def check(value: Any) -> None:
    """Refuse what can't be stored: too deep, or with NUL in a string or key. Walks without recursion."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        if isinstance(item, str):
            if "\0" in item:
                raise BadJson("A text in the body holds a NUL character.", "Leave it out.")
        elif isinstance(item, (dict, list)):
            if depth > MAX_DEPTH:
                raise BadJson(f"The body is nested deeper than {MAX_DEPTH} levels.", "Send a flatter one.")
            if isinstance(item, dict):
                todo.extend((key, depth) for key in item)
                todo.extend((child, depth + 1) for child in item.values())
            else:
                todo.extend((child, depth + 1) for child in item)


class JsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, _request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002
        return dump(data)


def dump(data: Any) -> bytes:
    return orjson.dumps(data, default=_default, option=orjson.OPT_NON_STR_KEYS)


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, (AnyUrl, Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _shown(name: str) -> str:
    return name[:50].replace("\0", "␀") or "A parameter"
