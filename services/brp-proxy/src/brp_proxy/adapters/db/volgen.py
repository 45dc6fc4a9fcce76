"""Whom we follow, and how far changes were asked for and gone through."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select, update

from brp_proxy.adapters.db.tables import Soort, verwijzing, volgindicatie, volgstand
from brp_proxy.application.ports import Volgstand
from contracts.base import PersoonRef
from platformkit.db.sets import constant, one_of
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork

_BEGIN = UUID(int=0)
_followed = (
    select(volgindicatie.c.persoon_ref)
    .join(verwijzing, verwijzing.c.persoon_ref == volgindicatie.c.persoon_ref)
    .where(verwijzing.c.soort == constant(Soort.JEUGDIGE))
)
# In no order, so that one whose key is away holds up nobody for ever.
_TO_PLACE = Statement(
    _followed.where(volgindicatie.c.geplaatst_op.is_(None)).order_by(func.random()).limit(bindparam("hoogstens"))
)
_PAGE = Statement(
    _followed.where(volgindicatie.c.persoon_ref > bindparam("na"))
    .order_by(volgindicatie.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_PAGE_PLACED = Statement(
    _followed.where(
        volgindicatie.c.persoon_ref > bindparam("na"),
        volgindicatie.c.geplaatst_op < bindparam("voor", type_=volgindicatie.c.geplaatst_op.type),
    )
    .order_by(volgindicatie.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_OF = Statement(select(volgindicatie.c.persoon_ref).where(one_of(volgindicatie.c.persoon_ref, "refs")))
_PLACED = Statement(
    update(volgindicatie)
    .where(one_of(volgindicatie.c.persoon_ref, "refs"))
    .values(geplaatst_op=bindparam("op", type_=volgindicatie.c.geplaatst_op.type))
)
# Locked: the question and the night both change it.
_STATE = Statement(
    select(volgstand.c.gewijzigd_tot, volgstand.c.nagelopen_op, volgstand.c.nagelopen_na).with_for_update()
)
_KEEP = Statement(
    update(volgstand).values(
        {
            name: bindparam(name, type_=volgstand.c[name].type)
            for name in ("gewijzigd_tot", "nagelopen_op", "nagelopen_na")
        }
    )
)


class PostgresVolgRepository:
    """See `brp_proxy.application.ports.VolgRepository`."""

    async def te_plaatsen(self, work: UnitOfWork, hoogstens: int) -> Sequence[PersoonRef]:
        return [row.persoon_ref for row in await work.rows(_TO_PLACE, hoogstens=hoogstens)]

    async def geplaatst(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        await work.execute(_PLACED, refs=list(refs), op=work.now)

    async def plaats_opnieuw(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        await work.execute(_PLACED, refs=list(refs), op=None)

    async def bladzijde(self, work: UnitOfWork, na: UUID | None, aantal: int) -> Sequence[PersoonRef]:
        return [row.persoon_ref for row in await work.rows(_PAGE, na=na or _BEGIN, aantal=aantal)]

    async def geplaatste(
        self, work: UnitOfWork, na: UUID | None, aantal: int, *, voor: datetime
    ) -> Sequence[PersoonRef]:
        rijen = await work.rows(_PAGE_PLACED, na=na or _BEGIN, aantal=aantal, voor=voor)
        return [row.persoon_ref for row in rijen]

    async def gevolgd(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> Sequence[PersoonRef]:
        return [row.persoon_ref for row in await work.rows(_OF, refs=list(refs))]

    async def stand(self, work: UnitOfWork) -> Volgstand:
        (stand,) = await work.rows(_STATE)
        return Volgstand(**stand)

    async def bewaar_stand(self, work: UnitOfWork, stand: Volgstand) -> None:
        await work.execute(_KEEP, **vars(stand))
