"""The key database: each statement is a transaction of its own there, committed before the caller's."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, literal, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from brp_proxy.adapters.db.sleutels.tables import sleutel, vernietigd
from brp_proxy.adapters.kluis import Index, Ingepakt
from brp_proxy.application.ports import Sleutelrecord
from contracts.base import PersoonRef
from platformkit.db.database import Database
from platformkit.db.sets import columns_of, insert_rows, one_of, rows
from platformkit.db.statement import Statement
from platformkit.errors import TransientError

_RECORD = tuple(each for each in sleutel.c if each.name != "nagelopen")
_WRITTEN = ("persoon_ref", "bsn_index", "indexversie", "namen", "sleutel", "kekversie", "geschreven_op")


def _given(name: str) -> Any:
    return bindparam(name, type_=sleutel.c[name].type)


_FIND = Statement(
    select(*_RECORD).where(
        or_(one_of(sleutel.c.bsn_index, "indexen"), sleutel.c.persoon_ref == bindparam("persoon_ref"))
    )
)
_ALL_OF = Statement(select(*_RECORD).where(one_of(sleutel.c.persoon_ref, "refs")))
# The wrapped key is another one each time that it is written, so it says whether what was found still stands there.
_found = bindparam("gevonden", type_=sleutel.c.persoon_ref.type)
_seen = bindparam("gezien", type_=sleutel.c.sleutel.type)
_renewed = (
    update(sleutel)
    .where(sleutel.c.persoon_ref == _found, sleutel.c.sleutel == _seen)
    .values(**{name: _given(name) for name in _WRITTEN}, nagelopen=False)
    .returning(sleutel.c.persoon_ref)
    .cte("vernieuwd_")
)
_made = (
    insert(sleutel)
    .from_select(
        [*_WRITTEN, "nagelopen"],
        select(*(_given(name) for name in _WRITTEN), literal(False)).where(func.length(_seen) == 0),
    )
    .on_conflict_do_nothing()
    .returning(sleutel.c.persoon_ref)
    .cte("gemaakt_")
)
_former = (
    insert(vernietigd)
    .from_select(
        ["persoon_ref", "vernietigd_op", "reden"],
        select(_found, _given("geschreven_op"), bindparam("reden", type_=vernietigd.c.reden.type))
        .select_from(_renewed)
        .where(_renewed.c.persoon_ref != _found),
    )
    .on_conflict_do_nothing()
    .cte("vorige_")
)
_WRITE = Statement(union_all(select(_renewed.c.persoon_ref), select(_made.c.persoon_ref)).add_cte(_former))
_UNSEEN = Statement(
    select(*_RECORD)
    .where(~sleutel.c.nagelopen, sleutel.c.geschreven_op < bindparam("voor", type_=sleutel.c.geschreven_op.type))
    .order_by(sleutel.c.geschreven_op)
    .limit(bindparam("hoogstens"))
)
_PAGE = Statement(
    select(*_RECORD)
    .where(sleutel.c.persoon_ref > bindparam("na"))
    .order_by(sleutel.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_checked = rows(sleutel, ["persoon_ref", "geschreven_op"])
_SEEN = Statement(
    update(sleutel)
    .values(nagelopen=True)
    .where(sleutel.c.persoon_ref == _checked.c.persoon_ref, sleutel.c.geschreven_op == _checked.c.geschreven_op)
)
_LEDGER = Statement(
    select(vernietigd.c.persoon_ref, vernietigd.c.reden)
    .where(vernietigd.c.persoon_ref > bindparam("na"))
    .order_by(vernietigd.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_destroyed = delete(sleutel).where(one_of(sleutel.c.persoon_ref, "persoon_ref")).cte("weg_")
_DESTROY = Statement(insert_rows(vernietigd).on_conflict_do_nothing().add_cte(_destroyed))


class PostgresSleutelRepository:
    """See `brp_proxy.application.ports.SleutelRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def zoek(self, indexen: Sequence[Index], persoon_ref: UUID) -> Sequence[Sleutelrecord]:
        """The records for a BSN, and the one of a ref."""
        waarden = [index.waarde for index in indexen]
        return _records(await self._database.rows(_FIND, indexen=waarden, persoon_ref=persoon_ref))

    async def van(self, refs: Collection[UUID]) -> Mapping[UUID, Sleutelrecord]:
        """The records of these persons."""
        return {each.persoon_ref: each for each in _records(await self._database.rows(_ALL_OF, refs=list(refs)))}

    async def schrijf(
        self,
        persoon_ref: PersoonRef,
        index: Index,
        ingepakt: Ingepakt,
        *,
        nu: datetime,
        gevonden: Sleutelrecord | None,
        reden: str,
    ) -> None:
        """Write a person's record, in the place of what was found: his own, or that of a former ref of the same BSN, whose
        key is thereby destroyed, for `reden`.

        Raises:
            TransientError: something else stands there by now.
        """
        geschreven = await self._database.rows(
            _WRITE,
            persoon_ref=persoon_ref,
            bsn_index=index.waarde,
            indexversie=index.versie,
            **vars(ingepakt),
            geschreven_op=nu,
            gevonden=gevonden.persoon_ref if gevonden else persoon_ref,
            gezien=gevonden.sleutel if gevonden else b"",
            reden=reden,
        )
        if not geschreven:
            raise TransientError("tijdelijk-niet-beschikbaar")

    async def na_te_lopen(self, voor: datetime, hoogstens: int) -> Sequence[Sleutelrecord]:
        return _records(await self._database.rows(_UNSEEN, voor=voor, hoogstens=hoogstens))

    async def bladzijde(self, na: UUID, aantal: int) -> Sequence[Sleutelrecord]:
        return _records(await self._database.rows(_PAGE, na=na, aantal=aantal))

    async def nagelopen(self, records: Collection[Sleutelrecord]) -> None:
        await self._database.execute(
            _SEEN, **columns_of(sleutel, [vars(each) for each in records], ["persoon_ref", "geschreven_op"])
        )

    async def grootboek(self, na: UUID, aantal: int) -> Mapping[PersoonRef, str]:
        return {row.persoon_ref: row.reden for row in await self._database.rows(_LEDGER, na=na, aantal=aantal)}

    async def vernietig(self, redenen: Mapping[PersoonRef, str], nu: datetime) -> None:
        weg = [
            {"persoon_ref": ref, "vernietigd_op": nu, "reden": redenen[ref]}
            for ref in sorted(redenen, key=lambda ref: ref.int)
        ]
        await self._database.execute(_DESTROY, **columns_of(vernietigd, weg))


def _records(found: Sequence[Any]) -> Sequence[Sleutelrecord]:
    return [Sleutelrecord(**row) for row in found]
