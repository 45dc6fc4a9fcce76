"""Signals, leases and ends as consumer and jobs use them; nothing here reads personal data."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Exists, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.tables import Soort, ouder, persoon, signaal, vernietigd, verwijzing, volgindicatie
from brp_proxy.application.ports import Lease, Signaalstand
from contracts.base import OuderRef, PersoonRef, SignaalId
from platformkit.db.sets import constant, one_of
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import Projection

_BESTAAT, _WEG = "bestaat", "weg"
_SIGNALEN: Final = Projection(signaal)


def _heeft_signaal() -> Exists:
    return exists(
        select(signaal.c.signaal_id).where(signaal.c.persoon_ref == persoon.c.persoon_ref, signaal.c.staat == _BESTAAT)
    )


_reviewed = (
    update(persoon)
    .where(one_of(persoon.c.persoon_ref, "personen"), persoon.c.bevestigd != _heeft_signaal())
    .values(bevestigd=_heeft_signaal())
    .returning(persoon.c.persoon_ref, persoon.c.bevestigd)
    .cte("herzien_")
)
_REVIEW = Statement(
    select(_reviewed.c.persoon_ref).add_cte(
        pg_insert(volgindicatie)
        .from_select(["persoon_ref"], select(_reviewed.c.persoon_ref).where(_reviewed.c.bevestigd))
        .on_conflict_do_nothing()
        .cte("gevolgd_")
    )
)
_EXISTING = Statement(
    select(signaal.c.signaal_id).where(one_of(signaal.c.signaal_id, "signalen"), signaal.c.staat == _BESTAAT)
)
_LOCK = Statement(
    select(verwijzing.c.persoon_ref)
    .where(one_of(verwijzing.c.persoon_ref, "refs"), verwijzing.c.soort == bindparam("soort"))
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)
_levend = exists(
    select(verwijzing.c.persoon_ref).where(
        verwijzing.c.persoon_ref == persoon.c.persoon_ref, verwijzing.c.soort == Soort.JEUGDIGE
    )
)
_old = [
    or_(~persoon.c.bevestigd, and_(persoon.c.herlezen, _levend)),
    persoon.c.vastgelegd_op < bindparam("voor", type_=persoon.c.vastgelegd_op.type),
]
_OLD = Statement(
    select(persoon.c.persoon_ref, persoon.c.vastgelegd_op, persoon.c.herlezen)
    .where(*_old)
    .order_by(func.random())
    .limit(bindparam("hoogstens"))
)
_NUMBER_OLD = Statement(select(func.count()).select_from(persoon).where(*_old))
_STILL = Statement(
    select(persoon.c.persoon_ref).where(
        persoon.c.persoon_ref == bindparam("persoon_ref"),
        persoon.c.vastgelegd_op == bindparam("vastgelegd_op"),
        ~persoon.c.bevestigd,
        ~_heeft_signaal(),
    )
)
_FOLLOWED = Statement(
    select(volgindicatie.c.persoon_ref).where(volgindicatie.c.persoon_ref == bindparam("persoon_ref"))
)
_VERSIONS = Statement(select(persoon.c.persoon_ref, persoon.c.versie).where(one_of(persoon.c.persoon_ref, "personen")))
_PARENTS = Statement(select(ouder.c.ouder).where(one_of(ouder.c.kind, "personen")).distinct())
# Confirmed: nobody asks signaal about a lease that has come to its end.
_MARK = Statement(
    update(persoon)
    .where(one_of(persoon.c.persoon_ref, "personen"))
    .values(bevestigd=True)
    .add_cte(
        update(verwijzing)
        .where(one_of(verwijzing.c.persoon_ref, "personen"), verwijzing.c.soort == Soort.JEUGDIGE)
        .values(soort=Soort.WEG, reden=bindparam("reden", type_=verwijzing.c.reden.type))
        .cte("gemarkeerd_")
    )
)
_MARKED = Statement(
    select(verwijzing.c.persoon_ref, verwijzing.c.reden)
    .where(verwijzing.c.soort == constant(Soort.WEG))
    .limit(bindparam("hoogstens"))
)
# Data, relations and follow entry go with the ref (foreign keys).
_gone = (
    delete(verwijzing)
    .where(one_of(verwijzing.c.persoon_ref, "personen"))
    .returning(verwijzing.c.persoon_ref, verwijzing.c.reden)
    .cte("weg_")
)
_REMOVE = Statement(
    pg_insert(vernietigd)
    .from_select(
        ["persoon_ref", "vernietigd_op", "reden"],
        select(_gone.c.persoon_ref, bindparam("nu", type_=vernietigd.c.vernietigd_op.type), _gone.c.reden),
    )
    .on_conflict_do_nothing()
)


class PostgresLevensloopRepository:
    """See `brp_proxy.application.ports.LevensloopRepository`."""

    async def vergrendel(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        return frozenset(map(PersoonRef, await _lock(work, Soort.JEUGDIGE, personen)))

    async def bewaar_standen(self, work: UnitOfWork, standen: Collection[Signaalstand]) -> None:
        await _SIGNALEN.store(
            work,
            [
                {**vars(stand), "staat": _BESTAAT if stand.persoon_ref else _WEG, "gewijzigd_op": work.now}
                for stand in standen
            ],
        )

    async def bestaande_signalen(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> frozenset[SignaalId]:
        return frozenset(row.signaal_id for row in await work.rows(_EXISTING, signalen=list(signalen)))

    async def herzie(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        return frozenset(row.persoon_ref for row in await work.rows(_REVIEW, personen=list(personen)))

    async def oude_leases(self, work: UnitOfWork, voor: datetime, hoogstens: int) -> Sequence[Lease]:
        return [Lease(**row) for row in await work.rows(_OLD, voor=voor, hoogstens=hoogstens)]

    async def aantal_oude(self, work: UnitOfWork, voor: datetime) -> int:
        return int(await work.value(_NUMBER_OLD, voor=voor))

    async def loopt_nog(self, work: UnitOfWork, lease: Lease) -> bool:
        if not await self.vergrendel(work, [lease.persoon_ref]):
            return False
        given = {"persoon_ref": lease.persoon_ref, "vastgelegd_op": lease.vastgelegd_op}
        return await work.row(_STILL, **given) is not None

    async def gevolgd(self, work: UnitOfWork, persoon_ref: PersoonRef) -> bool:
        return await work.row(_FOLLOWED, persoon_ref=persoon_ref) is not None

    async def markeer(self, work: UnitOfWork, personen: Collection[PersoonRef], reden: str) -> None:
        await work.execute(_MARK, personen=list(personen), reden=str(reden))

    async def gemarkeerd(self, work: UnitOfWork, hoogstens: int) -> Mapping[PersoonRef, str]:
        return {row.persoon_ref: row.reden for row in await work.rows(_MARKED, hoogstens=hoogstens)}

    async def verwijder(self, work: UnitOfWork, personen: Collection[PersoonRef]) -> Mapping[PersoonRef, int]:
        these = await _lock(work, Soort.WEG, personen)
        versies = {row.persoon_ref: row.versie for row in await work.rows(_VERSIONS, personen=these)}
        ouders = await _lock(work, Soort.OUDER, [row.ouder for row in await work.rows(_PARENTS, personen=these)])
        await work.execute(_REMOVE, personen=these, nu=work.now)
        await verwijder_kinderloze_ouders(work, [OuderRef(each) for each in ouders])
        return versies


async def _lock(work: UnitOfWork, soort: Soort, refs: Collection[UUID]) -> Sequence[UUID]:
    if not refs:
        return []
    return [row.persoon_ref for row in await work.rows(_LOCK, refs=list(refs), soort=soort)]
