"""Sets of rows as parameters: one array per column, so that a statement is the same text for every size of batch.

A list of values would be another statement for every size, each parsed and planned anew, and runs into the limit of
32,767 parameters; one execution per row is a round trip's work for each. Columns are addressed by their names throughout.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Table,
    TableValuedAlias,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.types import TypeEngine

Fields = Mapping[str, object]
"""A row by the names of its columns; what is not named is null."""


def one_of(of: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that column `of` has one of the values in the parameter `name`."""
    return of == any_(_array(of.type, name))


def rows(table: Table, columns: Sequence[str] | None = None) -> TableValuedAlias:
    """A set of rows of `table`, all columns or these, given by the parameters of `columns_of`."""
    names = columns or table.columns.keys()
    types = {name: _flat(table.c[name].type) for name in names}
    return (
        func.unnest(*(_array(types[name], name) for name in names))
        .table_valued(*(column(name, types[name]) for name in names), name="rij")
        .render_derived()
    )


def columns_of(
    table: Table, given: Collection[Fields], columns: Sequence[str] | None = None
) -> dict[str, list[object]]:
    """The parameters for `rows`: the columns of the rows `given`."""
    return {
        name: [_text(each.get(name)) for each in given]
        if _is_array(table.c[name].type)
        else [each.get(name) for each in given]
        for name in columns or table.columns.keys()
    }


def constant(value: StrEnum) -> ColumnElement[str]:
    """A value of ours that stands in the statement itself: no parameter lets PostgreSQL find a partial index."""
    return literal_column(f"'{value}'", Text)


def insert_rows(table: Table, columns: Sequence[str] | None = None) -> Insert:
    """Insert a set of rows, by the parameters of `columns_of`."""
    names = columns or table.columns.keys()
    given = rows(table, names)
    whole = (
        cast(given.c[name], table.c[name].type) if _is_array(table.c[name].type) else given.c[name] for name in names
    )
    return insert(table).from_select(names, select(*whole))


def upsert_rows(table: Table, columns: Sequence[str] | None = None, *, newer: str | None = None) -> Insert:
    """Insert a set of rows or give known ones, by primary key, these values.

    With `newer`, the column of the version, a row is replaced only by one whose version is higher (D4).
    """
    new = insert_rows(table, columns)
    keys = table.primary_key.columns
    return new.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: new.excluded[name] for name in columns or table.columns.keys() if name not in keys},
        where=table.c[newer] < new.excluded[newer] if newer else None,
    )


def _array(of: TypeEngine[Any], name: str) -> BindParameter[Any]:
    # The number of dimensions is told, or each element would be asked whether it is an array itself.
    return bindparam(name, type_=ARRAY(of, dimensions=1))


def _is_array(of: TypeEngine[Any]) -> bool:
    return isinstance(of, ARRAY)


def _flat(of: TypeEngine[Any]) -> TypeEngine[Any]:
    """An array per row does not fit in an array of rows: it goes as the text that PostgreSQL reads.

    Raises:
        TypeError: it is not one of ids; the text of others may need quotes.
    """
    if not isinstance(of, ARRAY):
        return of
    if not isinstance(of.item_type, Uuid):
        raise TypeError("in a set of rows, an array can be one of ids only")
    return Text()


def _text(of: object) -> str | None:
    """An array of ids, as PostgreSQL writes it."""
    return None if of is None else "{" + ",".join(map(str, of)) + "}"  # type: ignore[call-overload]
