"""The signals in PostgreSQL. Row-level security decides which rows an asker meets."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Table, bindparam, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from contracts.signaal import Organisatiesoort, SignaalStatus
from platformkit.db.prepared import Prepared
from platformkit.errors import DomainError
from platformkit.executor import UnitOfWork
from signaal.adapters.db.rows import KOLOMMEN, naar_rij, telling_naar_rij, telling_uit_rij, uit_rij
from signaal.adapters.db.tables import betrokkenheid, signaal, signaal_telling
from signaal.domain.signaal import Signaal, Telling

_ISSUE_TRANSACTION: Final = "60s"


def _waarden(tabel: Table) -> dict[str, Any]:
    return {kolom.name: bindparam(kolom.name, type_=kolom.type) for kolom in tabel.columns}


_betrokken = pg_insert(betrokkenheid).values(_waarden(betrokkenheid))
_VOEG_TOE = Prepared(
    _betrokken.on_conflict_do_update(
        index_elements=["account", "persoon_ref"], set_={"tot": _betrokken.excluded.tot}
    ).add_cte(
        insert(signaal)
        .values(_waarden(signaal))
        # After this the transaction commits within a minute or not at all: half of the guard of `bestaat_signaal`.
        .returning(func.set_config("transaction_timeout", _ISSUE_TRANSACTION, True))
        .cte("nieuw")
    )
)
_TEL = Prepared(insert(signaal_telling).values(_waarden(signaal_telling)))


class SignaalRepository:
    """Implements the port Signalen."""

    async def voeg_toe(self, work: UnitOfWork, nieuw: Signaal, telling: Telling) -> None:
        """See the port."""
        try:
            await _VOEG_TOE.rows(work.connection, **naar_rij(nieuw), tot=nieuw.einddatum)
        except asyncpg.ExclusionViolationError:
            raise DomainError("signaal-bestaat-al") from None
        # By itself: its policy looks for the signal, which a statement that also inserts it would not see.
        await _TEL.rows(work.connection, **telling_naar_rij(telling))

    async def vergrendel(self, work: UnitOfWork, signaal_id: UUID) -> Signaal | None:
        """See the port."""
        gevonden = await work.connection.execute(select(*KOLOMMEN).where(signaal.c.id == signaal_id).with_for_update())
        rij = gevonden.one_or_none()
        return uit_rij(rij) if rij else None

    async def bewaar_inactief(self, work: UnitOfWork, signalen: Sequence[Signaal]) -> None:
        """See the port."""
        await work.connection.execute(
            update(signaal)
            .where(signaal.c.id == bindparam("_id"))
            .values(
                version=bindparam("_version"),
                status=bindparam("_status"),
                reden=bindparam("_reden"),
                inactief_sinds=bindparam("_sinds"),
            ),
            [
                {
                    "_id": each.signaal_id,
                    "_version": each.version,
                    "_status": each.status,
                    "_reden": each.reden,
                    "_sinds": each.inactief_sinds,
                }
                for each in signalen
            ],
        )
        # Only a signal that ends early takes back the rest of the involvement. One that expired has had it all, and by now
        # it may be that of a newer signal on the same youth.
        vroeg = [each for each in signalen if each.inactief_sinds != each.einddatum]
        if vroeg:
            await work.connection.execute(
                update(betrokkenheid)
                .where(
                    betrokkenheid.c.account == bindparam("_account"),
                    betrokkenheid.c.persoon_ref == bindparam("_ref"),
                )
                .values(tot=bindparam("_sinds")),
                [
                    {
                        "_account": each.account,
                        "_ref": each.persoon_ref,
                        "_sinds": each.inactief_sinds,
                    }
                    for each in vroeg
                ],
            )

    async def vergrendel_verlopen(self, work: UnitOfWork, dag: date, aantal: int) -> Sequence[Signaal]:
        """See the port."""
        gevonden = await work.connection.execute(
            select(*KOLOMMEN)
            .where(signaal.c.status == SignaalStatus.ACTIEF, signaal.c.einddatum <= dag)
            .order_by(signaal.c.einddatum)
            .limit(aantal)
            .with_for_update(skip_locked=True)
        )
        return [uit_rij(rij) for rij in gevonden]

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> Sequence[tuple[Signaal, Telling | None]]:
        """See the port."""
        vraag = select(*KOLOMMEN).order_by(signaal.c.id).limit(aantal)
        signalen = [
            uit_rij(rij)
            for rij in await work.connection.execute(vraag if na is None else vraag.where(signaal.c.id > na))
        ]
        tellingen = await work.connection.execute(
            select(signaal_telling).where(signaal_telling.c.signaal.in_([each.signaal_id for each in signalen]))
        )
        per_signaal = {rij.signaal: telling_uit_rij(rij) for rij in tellingen}
        return [(each, per_signaal.get(each.signaal_id)) for each in signalen]

    async def heeft_actief_van(
        self, work: UnitOfWork, personen: Collection[UUID], soorten: Collection[Organisatiesoort], dag: date
    ) -> bool:
        """See the port."""
        gevonden = await work.connection.execute(
            select(
                exists().where(
                    signaal.c.persoon_ref.in_(personen),
                    signaal.c.organisatiesoort.in_(sorted(soorten)),
                    signaal.c.status == SignaalStatus.ACTIEF,
                    signaal.c.begindatum <= dag,
                    signaal.c.einddatum > dag,
                )
            )
        )
        return bool(gevonden.scalar_one())
