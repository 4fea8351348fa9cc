"""JSON, read under the same bounds as YAML."""

import json
import math
from typing import Any

import orjson

from awayteam.sources.yamldoc.events import MAX_DEPTH


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises `ValueError` for all that isn't in order: the YAML reader then says what."""
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_integer, parse_float=_float
        )
        _check_depth(value)
        orjson.dumps(value)
    except RecursionError as error:
        raise ValueError("too deep") from error
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error
    if "\\u0000" in text and "\0" in json.dumps(value, ensure_ascii=False).replace("\\u0000", "\0"):
        raise ValueError("U+0000")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate key")
    return out


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _integer(text: str) -> int | str:
    value = int(text) if len(text) <= 20 else 2**70
    return value if -(2**63) <= value < 2**64 else text


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _check_depth(value: Any) -> None:
    level = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
