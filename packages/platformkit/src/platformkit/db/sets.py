"""Sets of rows as parameters: one array per column, so that a statement is the same text for every size of batch.

A list of values would be another statement for every size, each parsed and planned anew, and runs into the limit of
32,767 parameters; one execution per row is a round trip's work for each.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert


def one_of(of: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that column `of` has one of the values in the parameter `name`."""
    return of == any_(_array(of, name))


def rows(table: Table, columns: Sequence[str] | None = None) -> TableValuedAlias:
    """A set of rows of `table`, all columns or these, given by the parameters of `columns_of`."""
    names = columns or table.columns.keys()
    return (
        func.unnest(*(_array(table.c[name], name) for name in names))
        .table_valued(*(column(name, table.c[name].type) for name in names), name="rij")
        .render_derived()
    )


def columns_of(
    table: Table, given: Iterable[Sequence[object]], columns: Sequence[str] | None = None
) -> Mapping[str, list[object]]:
    """The parameters for `rows`: the columns of the rows `given`."""
    names = columns or table.columns.keys()
    filled = [list(each) for each in zip(*given, strict=True)]
    return dict(zip(names, filled or [[] for _ in names], strict=True))


def constant(value: StrEnum) -> ColumnElement[str]:
    """A value of ours that stands in the statement itself: no parameter lets PostgreSQL find a partial index."""
    return literal_column(f"'{value}'", Text)


def insert_rows(table: Table, columns: Sequence[str] | None = None) -> Insert:
    """Insert a set of rows, by the parameters of `columns_of`."""
    names = columns or table.columns.keys()
    return insert(table).from_select(names, select(*rows(table, names).c))


def _array(of: ColumnElement[Any], name: str) -> BindParameter[Any]:
    # The number of dimensions is told, or each element would be asked whether it is an array itself.
    return bindparam(name, type_=ARRAY(of.type, dimensions=1))
