"""Conditions written so that both databases plan them well."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]


class Unindexed(Func):
    """The expression, but so that SQLite takes no index for it (PostgreSQL's statistics choose well by themselves)."""

    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class Among(Func):
    """Whether a column is one of the values of a subquery that depends on nothing.

    PostgreSQL gets them as an array, made once; it would count the cost of a hashed subquery for every row of a nested
    loop, and then rather read whole tables.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, values: "QuerySet[Any, Any]") -> None:
        super().__init__(F(column), Subquery(values))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any) -> Sql:
        column, first = compiler.compile(self.source_expressions[0])
        values, second = compiler.compile(self.source_expressions[1])
        found = f"= ANY(ARRAY{values})" if connection.vendor == "postgresql" else f"IN {values}"
        return f"({column} {found})", (*first, *second)
