"""Conditions written so that both databases plan them well."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet, Subquery, Value
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]


class Unindexed(Func):
    """The expression, but so that SQLite takes no index for it (PostgreSQL's statistics choose well by themselves)."""

    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class Among(Func):
    """Whether a column is one of many ids: those of a subquery that depends on nothing, or given ones.

    PostgreSQL gets an array, made once, and looks them up in the order of its index; a join would cost twice the time.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, ids: "QuerySet[Any, Any] | Sequence[int]") -> None:
        super().__init__(F(column), Subquery(ids) if isinstance(ids, QuerySet) else Value(orjson.dumps(ids).decode()))
        self.are_given = not isinstance(ids, QuerySet)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Sql:
        (column, first), (ids, second) = [compiler.compile(expression) for expression in self.source_expressions]
        if connection.vendor == "postgresql":
            given = f"(SELECT value::bigint FROM json_array_elements_text({ids}::json))"  # noqa: S608
            return f"({column} = ANY(ARRAY{given if self.are_given else ids}))", (*first, *second)
        given = f"(SELECT value FROM json_each({ids}))"  # noqa: S608
        return f"({column} IN {given if self.are_given else ids})", (*first, *second)


class NoneOf(Func):
    """Whether a column is none of many given ids: one parameter, looked up by their hash."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, ids: Sequence[int]) -> None:
        super().__init__(F(column), Value(orjson.dumps(ids).decode()))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Sql:
        (column, first), (ids, second) = [compiler.compile(expression) for expression in self.source_expressions]
        if connection.vendor == "postgresql":
            return f"({column} <> ALL(({ids})::bigint[]))", (*first, *(f"{{{str(one)[1:-1]}}}" for one in second))
        return f"({column} NOT IN (SELECT value FROM json_each({ids})))", (*first, *second)  # noqa: S608
