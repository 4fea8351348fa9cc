"""Backstage's filter predicates: `{"kind": "component", "$not": {"spec.type": {"$in": ["library"]}}}` as conditions.

A predicate is an object. Each key is a path with the value that it must have, or with an operator; or one of `$all`,
`$any` (lists of predicates) and `$not` (a predicate). All keys of an object must hold. Texts are compared without
regard to case; of a list one element is enough.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import StartsWith

from awayteam.api.backstage import filters
from awayteam.api.backstage.filters import InputError
from awayteam.kernel.actor import Actor

DEEPEST = 10
"""Predicates inside each other."""
LONGEST = 10_000
"""Bytes of a predicate, as it is carried by cursors."""
EDGE = {"type", "targetRef"}
"""What an element of `relations` may be asked for."""


def encoded(predicate: Any) -> str:
    """The predicate as text for `Question.predicate`, "" for none; raises `InputError` for what can't be one."""
    if predicate is None:
        return ""
    if not isinstance(predicate, Mapping):
        raise InputError("A query must be an object.", 'Write {"kind": "component"}.')
    text = orjson.dumps(predicate).decode()
    if len(text) > LONGEST:
        raise InputError(f"The query is longer than {LONGEST} bytes.", "Split it.")
    return text


def condition(actor: Actor, text: str) -> Q:
    """The condition of an encoded predicate; raises `InputError`."""
    return _Reading(actor).predicate(orjson.loads(text), 0) if text else Q()


class _Reading:
    """One predicate while it is read; counts its conditions."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.conditions = 0

    def predicate(self, found: Any, depth: int) -> Q:
        if not isinstance(found, Mapping) or depth > DEEPEST:
            raise InputError("A predicate must be an object, at most 10 deep.", 'Write {"spec.type": "service"}.')
        whole = Q()
        for key, value in found.items():
            whole &= self._part(key, value, depth)
        return whole

    def _part(self, key: str, value: Any, depth: int) -> Q:
        match key:
            case "$all":
                whole = Q()
                for each in _list(value, key):
                    whole &= self.predicate(each, depth + 1)
                return whole
            case "$any":
                some: Any = Q(pk__in=[])
                for each in _list(value, key):
                    some |= self.predicate(each, depth + 1)
                return Q(some)
            case "$not":
                return ~self.predicate(value, depth + 1)
        if key.startswith("$") or not key.strip():
            raise InputError(f"There is no operator {key[:40]!r} here.", "Use $all, $any, $not, or a path.")
        return self._value(filters.usual(key.strip()), value)

    def _value(self, path: str, value: Any) -> Q:
        if not isinstance(value, Mapping):
            return self._equal(path, value)
        if len(value) != 1:
            raise InputError(f"{path[:80]} takes one operator.", "Use $exists, $in, $contains or $hasPrefix.")
        [(operator, given)] = value.items()
        match operator:
            case "$exists" if isinstance(given, bool):
                exists = self._known(path, None)
                return exists if given else ~exists
            case "$in":
                some: Any = Q(pk__in=[])
                for each in _list(given, operator):
                    some |= self._equal(path, each)
                return Q(some)
            case "$hasPrefix" if isinstance(given, str):
                self._count()
                return Q(StartsWith(Coalesce(filters.text_at(path), Value("")), given.lower()))
            case "$contains" if isinstance(given, Mapping):
                return self._edge(path, given)
            case "$contains":
                return self._equal(path, given)
        raise InputError(f"{path[:80]} can't be asked with {operator[:40]!r} so.", "See docs/api.md for the operators.")

    def _edge(self, path: str, given: Mapping[str, Any]) -> Q:
        """An element of `relations`, the only list of objects that is asked for."""
        known = set(given) <= EDGE and isinstance(given.get("type"), str)
        if path != "relations" or not known or not isinstance(given.get("targetRef", ""), str):
            raise InputError(f"{path[:80]} can't be asked for such elements.", "Ask relations for type and targetRef.")
        return self._known(filters.usual(f"relations.{given['type']}"), given.get("targetRef"))

    def _equal(self, path: str, value: Any) -> Q:
        if isinstance(value, bool):
            return self._known(path, "true" if value else "false")
        if not isinstance(value, str | int | float):
            raise InputError(f"{path[:80]} can't be compared with that.", "Give a text, a number, true or false.")
        return self._known(path, str(value))

    def _known(self, path: str, value: str | None) -> Q:
        self._count()
        return Q(filters.condition(self.actor, path, value))

    def _count(self) -> None:
        self.conditions += 1
        if self.conditions > filters.MOST_CONDITIONS:
            raise InputError(f"A query has at most {filters.MOST_CONDITIONS} conditions.", "Split it.")


def _list(value: Any, operator: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{operator} takes a list.", f'Write {{"{operator}": [...]}}.')
    return value
