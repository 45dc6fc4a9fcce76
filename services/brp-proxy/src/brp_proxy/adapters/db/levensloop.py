"""Signals and leases as consumer and jobs use them. The worker's role cannot read personal data."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.tables import ouder, persoon, signaal, vernietigd, verwijzing, volgindicatie
from brp_proxy.application.ports import Lease, Signaalstand
from platformkit.db.prepared import Prepared
from platformkit.db.sets import columns_of, insert_rows, one_of
from platformkit.db.sets import rows as rows_of
from platformkit.db.tables import dead_letter

_BESTAAT = "bestaat"
_WEG = "weg"


def _heeft_signaal() -> Exists:
    return exists(
        select(signaal.c.signaal_id).where(signaal.c.persoon_ref == persoon.c.persoon_ref, signaal.c.staat == _BESTAAT)
    )


_new = insert_rows(signaal)
_STORE = Prepared(
    _new.on_conflict_do_update(
        index_elements=["signaal_id"],
        set_={name: _new.excluded[name] for name in ("persoon_ref", "versie", "staat", "gewijzigd_op")},
        where=signaal.c.versie < _new.excluded.versie,
    )
)
_EXISTING = Prepared(
    select(signaal.c.signaal_id, signaal.c.persoon_ref).where(
        one_of(signaal.c.signaal_id, "signalen"), signaal.c.staat == _BESTAAT
    )
)
_told = rows_of(persoon, ("persoon_ref", "vastgelegd_op"))
_CONFIRM = Prepared(
    pg_insert(volgindicatie)
    .from_select(["persoon_ref"], select(_told.c.persoon_ref))
    .on_conflict_do_nothing()
    .add_cte(
        update(persoon)
        .where(persoon.c.persoon_ref == _told.c.persoon_ref, persoon.c.vastgelegd_op <= _told.c.vastgelegd_op)
        .values(bevestigd=True)
        .cte("bevestigd_")
    )
)
_WITHOUT_SIGNAL = Prepared(
    select(persoon.c.persoon_ref)
    .where(one_of(persoon.c.persoon_ref, "personen"), persoon.c.bevestigd, ~_heeft_signaal())
    .order_by(persoon.c.persoon_ref)
)
_LOCK = Prepared(
    select(verwijzing.c.persoon_ref)
    .where(one_of(verwijzing.c.persoon_ref, "refs"), verwijzing.c.soort == bindparam("soort"))
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)


class LevensloopOpslag:
    """Within one transaction. Order of locks: youths by ref, then parents by ref."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def vergrendel(self, personen: Collection[UUID]) -> frozenset[UUID]:
        """Lock those of the youths that are known, and tell which these are."""
        return await self._lock("jeugdige", personen)

    async def bewaar_standen(self, standen: Collection[Signaalstand], nu: datetime) -> None:
        """Store each where it is newer than what is known (version rule of D4)."""
        rows = [
            (
                stand.signaal_id,
                stand.persoon_ref,
                stand.versie,
                _BESTAAT if stand.persoon_ref else _WEG,
                nu,
            )
            for stand in sorted(standen, key=lambda stand: stand.signaal_id)
        ]
        await _STORE.rows(self._connection, **columns_of(signaal, rows))

    async def bestaande_signalen(self, signalen: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Those of the signals that exist, with the person each is on."""
        rows = await _EXISTING.rows(self._connection, signalen=list(signalen))
        return {row.signaal_id: row.persoon_ref for row in rows}

    async def bevestig(self, tot: Mapping[UUID, datetime]) -> None:
        """Confirm per person the lease that was given not later than the moment, and place the follow entries."""
        if not tot:
            return
        await _CONFIRM.rows(self._connection, persoon_ref=list(tot), vastgelegd_op=list(tot.values()))

    async def zonder_signaal(self, personen: Collection[UUID]) -> Sequence[UUID]:
        """Those of the persons on whom no signal is known and whose lease is confirmed."""
        rows = await _WITHOUT_SIGNAL.rows(self._connection, personen=list(personen))
        return [row.persoon_ref for row in rows]

    async def met_opzij_gelegd_bericht(self, consumer: str, personen: Collection[UUID]) -> frozenset[UUID]:
        """Those of the persons about whom a message lies among the dead letters."""
        keys = {str(ref).encode(): ref for ref in personen}
        rows = await self._connection.execute(
            select(dead_letter.c.key).where(dead_letter.c.consumer == consumer, dead_letter.c.key.in_(keys))
        )
        return frozenset(keys[key] for key in rows.scalars())

    async def betwijfel(self, personen: Collection[UUID]) -> None:
        """Take the confirmation back, so that signaal is asked."""
        if personen:
            await self._connection.execute(
                update(persoon).where(persoon.c.persoon_ref.in_(personen)).values(bevestigd=False)
            )

    async def oude_leases(self, voor: datetime, hoogstens: int) -> Sequence[Lease]:
        """Unconfirmed leases from before a moment. In no order, so that one that stays unclear blocks no others."""
        rows = await self._connection.execute(
            select(persoon.c.persoon_ref, persoon.c.vastgelegd_op)
            .where(~persoon.c.bevestigd, persoon.c.vastgelegd_op < voor)
            .order_by(func.random())
            .limit(hoogstens)
        )
        return [Lease(row.persoon_ref, row.vastgelegd_op) for row in rows]

    async def loopt_nog(self, lease: Lease) -> bool:
        """Whether the lease is still the same unconfirmed one on whom no signal is known; locks the person."""
        if not await self.vergrendel([lease.persoon_ref]):
            return False
        same = await self._connection.execute(
            select(persoon.c.persoon_ref).where(
                persoon.c.persoon_ref == lease.persoon_ref,
                persoon.c.vastgelegd_op == lease.vastgelegd_op,
                ~persoon.c.bevestigd,
                ~_heeft_signaal(),
            )
        )
        return same.first() is not None

    async def gevolgd(self, persoon_ref: UUID) -> bool:
        """Whether a follow entry was placed: there has been a signal."""
        placed = await self._connection.execute(
            select(volgindicatie.c.persoon_ref).where(volgindicatie.c.persoon_ref == persoon_ref)
        )
        return placed.first() is not None

    async def vernietig(self, personen: Collection[UUID], reden: str, nu: datetime) -> Mapping[UUID, int]:
        """Destroy the locked persons, and parents who have no other child here; the last version of each person.

        One delete: data, key, relations and follow entry go with the ref (foreign keys).
        """
        if not personen:
            return {}
        rows = await self._connection.execute(
            select(persoon.c.persoon_ref, persoon.c.versie).where(persoon.c.persoon_ref.in_(personen))
        )
        versies = {row.persoon_ref: row.versie for row in rows}
        found = await self._connection.execute(select(ouder.c.ouder).where(ouder.c.kind.in_(personen)).distinct())
        ouders = await self._lock("ouder", found.scalars().all())
        await self._connection.execute(delete(verwijzing).where(verwijzing.c.persoon_ref.in_(personen)))
        await verwijder_kinderloze_ouders(self._connection, ouders, nu)
        await self._connection.execute(
            delete(dead_letter).where(dead_letter.c.key.in_([str(ref).encode() for ref in personen]))
        )
        await self._connection.execute(
            insert(vernietigd),
            [{"persoon_ref": ref, "vernietigd_op": nu, "reden": str(reden)} for ref in versies],
        )
        return versies

    async def _lock(self, soort: str, refs: Collection[UUID]) -> frozenset[UUID]:
        if not refs:
            return frozenset()
        rows = await _LOCK.rows(self._connection, refs=list(refs), soort=soort)
        return frozenset(row.persoon_ref for row in rows)
