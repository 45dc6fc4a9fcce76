"""Keys of before they stood apart: from the table `persoonssleutel` of the base to the key database. Goes with that table."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, select

from brp_proxy.adapters.db.sleutel import PostgresSleutelRepository
from brp_proxy.adapters.db.tables import persoon, persoonssleutel, verwijzing
from brp_proxy.adapters.kluis import Index, Kluis, KluisError, Namen
from brp_proxy.domain.bsn import Bsn
from platformkit.db.sets import one_of
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork

_FIRST = UUID(int=0)
_PAGE = Statement(
    select(
        persoon.c.persoon_ref,
        persoon.c.gegevens,
        persoonssleutel.c.sleutel,
        persoonssleutel.c.sleutelversie.label("kek"),
        verwijzing.c.bsn_index,
        verwijzing.c.sleutelversie.label("index"),
    )
    .join(persoon, persoon.c.persoon_ref == persoonssleutel.c.persoon_ref)
    .join(verwijzing, verwijzing.c.persoon_ref == persoonssleutel.c.persoon_ref)
    .where(persoonssleutel.c.persoon_ref > bindparam("na"))
    .order_by(persoonssleutel.c.persoon_ref)
    .limit(bindparam("aantal"))
    .with_for_update(of=verwijzing)
)
_MOVED = Statement(delete(persoonssleutel).where(one_of(persoonssleutel.c.persoon_ref, "refs")))


class Verplaatsing:
    """The names of parents come at the next POST: until then nobody knew them here."""

    def __init__(self, kluis: Kluis, sleutels: PostgresSleutelRepository) -> None:
        self._kluis = kluis
        self._sleutels = sleutels

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> tuple[int, Sequence[UUID], UUID | None]:
        """Move the next `aantal` keys after a ref; how many went, those that do not open and stay, and the last ref.

        Whom somebody asked for meanwhile has a key there already.
        """
        rijen = await work.rows(_PAGE, na=na or _FIRST, aantal=aantal)
        bekend = await self._sleutels.van([rij.persoon_ref for rij in rijen])
        weg, dicht = [], []
        for rij in rijen:
            try:
                if rij.persoon_ref not in bekend:
                    await self._verplaats(work, rij)
                weg.append(rij.persoon_ref)
            except KluisError:
                dicht.append(rij.persoon_ref)
        await work.execute(_MOVED, refs=weg)
        return len(weg), dicht, rijen[-1].persoon_ref if len(rijen) == aantal else None

    async def _verplaats(self, work: UnitOfWork, rij: Row) -> None:
        ref = rij.persoon_ref
        sleutel = self._kluis.pak_uit(ref, rij.sleutel, rij.kek)
        bsn = Bsn(json.loads(self._kluis.ontsluit(ref, sleutel, rij.gegevens))["bsn"])
        await self._sleutels.schrijf(
            ref,
            Index(rij.index, rij.bsn_index),
            self._kluis.pak_in(ref, sleutel, Namen(bsn, {})),
            nu=work.now,
            gevonden=None,
            reden="",
        )
