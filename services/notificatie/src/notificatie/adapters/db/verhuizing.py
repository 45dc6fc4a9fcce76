"""Moves that are still to be told, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, bindparam, delete, select, update

from contracts.base import PersoonRef
from notificatie.adapters.db.tables import verhuizing
from notificatie.domain.verhuizing import Verhuizing
from platformkit.db.sets import columns_of, insert_rows, one_of
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork

_VELDEN: Final = ("persoon_ref", "versie", "verhuisd_op", "woongemeente", "traceparent", "sinds")
_MOMENT = verhuizing.c.sinds.type
_DEZE = (verhuizing.c.persoon_ref == bindparam("ref"), verhuizing.c.versie == bindparam("nummer"))
_BEWAAR = Statement(insert_rows(verhuizing).on_conflict_do_nothing())
_VERGEET = Statement(delete(verhuizing).where(one_of(verhuizing.c.persoon_ref, "jeugdigen")))
_TE_DOEN = Statement(
    select(*(verhuizing.c[naam] for naam in _VELDEN))
    .where(verhuizing.c.volgende_poging_op <= bindparam("nu", type_=_MOMENT))
    .order_by(verhuizing.c.volgende_poging_op)
    .limit(bindparam("hoogstens", type_=Integer))
)
_STEL_UIT = Statement(update(verhuizing).where(*_DEZE).values(volgende_poging_op=bindparam("tot", type_=_MOMENT)))
_NEEM = Statement(delete(verhuizing).where(*_DEZE))


class PostgresVerhuizingRepository:
    """See `notificatie.application.ports.VerhuizingRepository`."""

    async def bewaar(self, work: UnitOfWork, verhuizingen: Collection[Verhuizing]) -> None:
        if verhuizingen:
            rijen = [{**vars(each), "volgende_poging_op": each.sinds} for each in verhuizingen]
            await work.execute(_BEWAAR, **columns_of(verhuizing, rijen))

    async def vergeet(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> None:
        if jeugdigen:
            await work.execute(_VERGEET, jeugdigen=list(jeugdigen))

    async def te_doen(self, work: UnitOfWork, nu: datetime, hoogstens: int) -> Sequence[Verhuizing]:
        return [Verhuizing(**rij) for rij in await work.rows(_TE_DOEN, nu=nu, hoogstens=hoogstens)]

    async def stel_uit(self, work: UnitOfWork, verhuizing: Verhuizing, tot: datetime) -> None:
        await work.execute(_STEL_UIT, ref=verhuizing.persoon_ref, nummer=verhuizing.versie, tot=tot)

    async def neem(self, work: UnitOfWork, verhuizing: Verhuizing) -> bool:
        return bool(await work.execute(_NEEM, ref=verhuizing.persoon_ref, nummer=verhuizing.versie))
