"""Sets of rows as parameters: one array per column, so that a statement is the same text for every size of batch.

A list of values would be another statement for every size, each parsed and planned anew, and runs into the limit of
32,767 parameters.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Insert,
    Table,
    TableValuedAlias,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert


def een_van(kolom: ColumnElement[Any], naam: str) -> ColumnElement[bool]:
    """The condition that `kolom` is one of the values in the parameter `naam`."""
    return kolom == any_(bindparam(naam, type_=ARRAY(kolom.type)))


def rijen(tabel: Table, kolommen: Sequence[str] | None = None) -> TableValuedAlias:
    """A set of rows of `tabel`, given by the parameters of `waarden`."""
    namen = kolommen or tabel.columns.keys()
    parameters: list[BindParameter[Any]] = [bindparam(naam, type_=ARRAY(tabel.c[naam].type)) for naam in namen]
    return (
        func.unnest(*parameters)
        .table_valued(*(column(naam, tabel.c[naam].type) for naam in namen), name="rij")
        .render_derived()
    )


def waarden(
    tabel: Table, gegeven: Iterable[Sequence[object]], kolommen: Sequence[str] | None = None
) -> Mapping[str, list[object]]:
    """The parameters for `rijen`: the columns of the rows `gegeven`."""
    namen = kolommen or tabel.columns.keys()
    gevuld = [list(kolom) for kolom in zip(*gegeven, strict=True)]
    return dict(zip(namen, gevuld or [[] for _ in namen], strict=True))


def upsert(tabel: Table, *, nieuwere: bool) -> Insert:
    """Insert or replace rows by primary key; with `nieuwere` only where the stored version is lower (D4)."""
    bron = rijen(tabel)
    toevoegen = insert(tabel).from_select(tabel.columns.keys(), select(*bron.c))
    return toevoegen.on_conflict_do_update(
        index_elements=list(tabel.primary_key),
        set_={kolom.name: toevoegen.excluded[kolom.name] for kolom in tabel.c if not kolom.primary_key},
        where=tabel.c.versie < toevoegen.excluded.versie if nieuwere else None,
    )
