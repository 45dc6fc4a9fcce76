"""Sets of rows that replace what is stored (see `platformkit.db.sets`)."""

from sqlalchemy import Insert, Table, select
from sqlalchemy.dialects.postgresql import insert

from platformkit.db.sets import rows


def upsert(tabel: Table, *, nieuwere: bool) -> Insert:
    """Insert or replace rows by primary key; with `nieuwere` only where the stored version is lower (D4)."""
    toevoegen = insert(tabel).from_select(tabel.columns.keys(), select(*rows(tabel).c))
    return toevoegen.on_conflict_do_update(
        index_elements=list(tabel.primary_key),
        set_={kolom.name: toevoegen.excluded[kolom.name] for kolom in tabel.c if not kolom.primary_key},
        where=tabel.c.versie < toevoegen.excluded.versie if nieuwere else None,
    )
