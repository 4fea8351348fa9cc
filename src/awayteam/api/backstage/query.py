"""Pages of entities in any order, forwards and backwards, with a cursor that carries the whole question."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db.models import F, Q, QuerySet

from awayteam.api.backstage import filters, predicate
from awayteam.api.backstage.filters import InputError, Order
from awayteam.catalog import queries
from awayteam.catalog.models import Entity
from awayteam.catalog.queries.keyset import Beyond
from awayteam.kernel.actor import Actor

MOST = 10_000
"""Entities in one answer, whatever is asked."""
LONGEST_CURSOR = 20_000
BY_NAME = Order("", False)
Position = tuple[str | None, int]


@dataclass(frozen=True, slots=True)
class Question:
    """`after` is the position (value, id) from which to go on, `first` where the first page began."""

    filters: tuple[str, ...] = ()
    order: Order | None = None
    term: str = ""
    term_fields: tuple[str, ...] = ()
    after: Position | None = None
    backwards: bool = False
    total: int | None = None
    first: Position | None = None
    predicate: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`following` and `preceding` are the questions for the pages beside this one, None where there is none."""

    entities: list[Entity]
    total: int
    following: Question | None = None
    preceding: Question | None = None


def ask(actor: Actor, question: Question, *, limit: int, offset: int = 0) -> Answer:
    """One page; three statements, two when the total is known from an earlier page."""
    limit = min(limit, MOST)
    rows = matching(actor, question)
    total = question.total if question.total is not None else _count(actor, question, rows)
    if limit == 0:
        return Answer([], total)
    found = list(_placed(rows, question)[offset : offset + limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if question.backwards:
        found.reverse()
    positions = [(row[1], row[0]) for row in found]
    known = replace(question, total=total, first=question.first or (positions[0] if positions else None))
    following = (question.backwards or more) and bool(positions)
    preceding = bool(positions) and question.first is not None and positions[0] != question.first
    return Answer(
        load([pk for pk, _ in found]),
        total,
        replace(known, after=positions[-1], backwards=False) if following else None,
        replace(known, after=positions[0], backwards=True) if preceding else None,
    )


def _count(actor: Actor, question: Question, rows: "QuerySet[Entity]") -> int:
    """From the catalog's cubes where the question has that form, else by counting."""
    plain = None if question.term.strip() or question.predicate else filters.plain_filter(question.filters)
    return rows.count() if plain is None else queries.total(actor, plain)


def matching(actor: Actor, question: Question) -> "QuerySet[Entity]":
    """Everything that the question is about, in no order."""
    rows = filters.entities_for(actor, question.filters)
    if question.predicate:
        rows = rows.filter(predicate.condition(actor, question.predicate))
    term = question.term.strip().lower()
    if not term:
        return rows
    fields = question.term_fields or (question.order.field if question.order else "metadata.uid",)
    condition = Q()
    for place, field in enumerate(fields):
        rows = rows.alias(**{f"_text{place}": filters.text_at(field)})
        condition |= Q(**{f"_text{place}__contains": term})
    return rows.filter(condition)


def _placed(rows: "QuerySet[Entity]", question: Question) -> "QuerySet[Entity, tuple[int, str | None]]":
    """(id, value) in order, from the question's position on; without a value stands last in either direction."""
    order = question.order or BY_NAME
    against = order.descending != question.backwards
    may_lack = order.field not in filters.NEVER_EMPTY
    rows = rows.annotate(_value=filters.text_at(order.field))
    if question.after:
        rows = rows.filter(_beyond(question.after, against, question.backwards, may_lack))
    first, last = (True, None) if question.backwards else (None, True)
    nulls = {"nulls_first": first, "nulls_last": last} if may_lack else {}
    value, pk = F("_value"), F("pk")
    by = (value.desc(**nulls), pk.desc()) if against else (value.asc(**nulls), pk.asc())
    return rows.order_by(*by).values_list("pk", "_value")


def _beyond(position: Position, against: bool, backwards: bool, may_lack: bool) -> Q:
    value, pk = position
    if not may_lack:
        return Q(Beyond(["_value", "pk"], [value, pk], descending=against))
    side = "lt" if against else "gt"
    same = Q(**{f"pk__{side}": pk})
    if value is None:
        alone = Q(_value__isnull=True) & same
        return alone | Q(_value__isnull=False) if backwards else alone
    following = Q(**{f"_value__{side}": value}) | (Q(_value=value) & same)
    return following if backwards else following | Q(_value__isnull=True)


def load(ids: Sequence[int]) -> list[Entity]:
    """These entities in their order, with owner, system, source and file; one statement."""
    rows = Entity.objects.select_related("owner", "system", "source", "file").defer(
        "owner__document", "system__document"
    )
    found = rows.in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def encode(question: Question) -> str:
    order = list(question.order) if question.order else None
    asked = [question.filters, order, question.term, question.term_fields]
    parts = [*asked, question.after, question.backwards, question.total, question.first, question.predicate]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode()


def decode(cursor: str) -> Question:
    """The question of a cursor; raises `InputError` for what was not made by `encode`."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        parts = orjson.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        wanted, order, term, fields, after, backwards, total, first, asked = parts
        placed = Order(_text(order[0]), order[1] is True) if order is not None else None
        if after and after[0] is None and (placed or BY_NAME).field in filters.NEVER_EMPTY:
            raise ValueError("no position in this order")
        return Question(
            filters=_texts(wanted),
            order=placed,
            term=_text(term),
            term_fields=_texts(fields),
            after=_position(after),
            backwards=backwards is True,
            total=None if total is None else _number(total),
            first=_position(first),
            predicate=predicate.encoded(orjson.loads(asked)) if _text(asked) else "",
        )
    except (ValueError, TypeError, IndexError, KeyError, binascii.Error):
        raise InputError(
            "Malformed cursor, could not be parsed.", "Repeat nextCursor or prevCursor unchanged."
        ) from None


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > filters.MOST_CONDITIONS:
        raise ValueError("no list of texts")
    return tuple(_text(each) for each in value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("no text")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError("no number")
    return value


def _position(value: Any) -> Position | None:
    if value is None:
        return None
    at, pk = value
    return None if at is None else _text(at), _number(pk)
