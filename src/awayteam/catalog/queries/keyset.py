"""Keyset pagination: rows after the last one shown, compared as whole tuples so that an index answers at any depth."""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Expression, F, Func, Value


class Row(Func):
    """`(a, b, c)` in SQL."""

    template = "(%(expressions)s)"


class Beyond(Func):
    """`(columns) > (values)`, or `<` where the list runs backwards."""

    template = "(%(expressions)s)"
    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str | Expression], values: Sequence[Any], *, descending: bool) -> None:
        left = Row(*[F(column) if isinstance(column, str) else column for column in columns])
        right = Row(*[Value(value) for value in values])
        super().__init__(left, right, arg_joiner=" < " if descending else " > ")
