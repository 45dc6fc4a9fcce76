"""What a database that was set back does not know, from the other one and from what was told."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, cast, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from brp_proxy.adapters.db.gegevens import pak_in
from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.tables import Soort, ouder, persoon, vernietigd, verwijzing
from brp_proxy.adapters.db.verwijzing import KOLOMMEN, rij_van
from brp_proxy.adapters.kluis import Index, Kluis, KluisError
from brp_proxy.application.ports import Sleutelrecord, Verteld
from brp_proxy.domain.persoon import Persoon
from contracts.base import OuderRef, PersoonRef
from platformkit.db.sets import columns_of, constant, insert_rows, one_of, rows
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork

_LEEG: Final = b""
_TOLD = ("persoon_ref", "versie", "gegevens")
_KNOWN = Statement(select(verwijzing.c.persoon_ref).where(one_of(verwijzing.c.persoon_ref, "refs")))
_ENDED = Statement(select(vernietigd.c.persoon_ref).where(one_of(vernietigd.c.persoon_ref, "refs")))
_REFER = Statement(insert_rows(verwijzing, KOLOMMEN).on_conflict_do_nothing())
_given = rows(persoon, ["persoon_ref", "vastgelegd_op"])
# Only where the ref was taken in: the BSN may have another one here by now.
_TAKE_IN = Statement(
    insert(persoon)
    .from_select(
        ["persoon_ref", "versie", "gegevens", "vastgelegd_op", "bevestigd", "herlezen"],
        select(
            _given.c.persoon_ref,
            literal(0),
            cast(_LEEG, LargeBinary),
            _given.c.vastgelegd_op,
            literal(False),
            literal(True),
        ).where(
            select(verwijzing.c.persoon_ref)
            .where(verwijzing.c.persoon_ref == _given.c.persoon_ref, verwijzing.c.soort == constant(Soort.JEUGDIGE))
            .exists()
        ),
    )
    .on_conflict_do_nothing()
)
_told = rows(persoon, _TOLD)
_RAISE = Statement(
    update(persoon)
    .values(versie=_told.c.versie, gegevens=_told.c.gegevens, herlezen=True)
    .where(persoon.c.persoon_ref == _told.c.persoon_ref, persoon.c.versie < _told.c.versie)
    .returning(persoon.c.persoon_ref)
)
_LOCK = Statement(
    select(verwijzing.c.persoon_ref)
    .where(one_of(verwijzing.c.persoon_ref, "refs"))
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)
_FORMER = Statement(select(ouder.c.ouder).where(one_of(ouder.c.kind, "kinderen")).distinct())
_FORGET = Statement(delete(ouder).where(one_of(ouder.c.kind, "kinderen")))
_bound = rows(ouder)
_BIND = Statement(
    insert(ouder)
    .from_select(
        ouder.columns.keys(),
        select(*_bound.c).where(
            select(verwijzing.c.persoon_ref)
            .where(verwijzing.c.persoon_ref == _bound.c.ouder, verwijzing.c.soort == constant(Soort.OUDER))
            .exists()
        ),
    )
    .on_conflict_do_nothing()
)
_LEDGER = Statement(
    select(vernietigd.c.persoon_ref, vernietigd.c.vernietigd_op, vernietigd.c.reden)
    .where(vernietigd.c.persoon_ref > bindparam("na"), vernietigd.c.reden != "ouder")
    .order_by(vernietigd.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_ENTER = Statement(insert_rows(vernietigd).on_conflict_do_nothing())
_PAGE = Statement(
    select(persoon.c.persoon_ref)
    .where(persoon.c.persoon_ref > bindparam("na"))
    .order_by(persoon.c.persoon_ref)
    .limit(bindparam("aantal"))
)


class PostgresHerstelRepository:
    """See `brp_proxy.application.ports.HerstelRepository`."""

    def __init__(self, kluis: Kluis) -> None:
        self._kluis = kluis

    async def onbekend(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> frozenset[PersoonRef]:
        these = list(refs)
        bekend = {row.persoon_ref for statement in (_KNOWN, _ENDED) for row in await work.rows(statement, refs=these)}
        return frozenset(refs) - bekend

    async def neem_op(self, work: UnitOfWork, records: Collection[Sleutelrecord]) -> int:
        onbekend = await self.onbekend(work, [record.persoon_ref for record in records])
        nieuw = [record for record in records if record.persoon_ref in onbekend]
        if not nieuw:
            return 0
        await work.execute(_REFER, **columns_of(verwijzing, [_rij(record) for record in nieuw], KOLOMMEN))
        given = [{"persoon_ref": each.persoon_ref, "vastgelegd_op": each.geschreven_op} for each in nieuw]
        return await work.execute(_TAKE_IN, **columns_of(persoon, given, ["persoon_ref", "vastgelegd_op"]))

    async def haal_in(
        self, work: UnitOfWork, verteld: Sequence[Verteld], records: Mapping[UUID, Sleutelrecord]
    ) -> frozenset[PersoonRef]:
        await work.rows(_LOCK, refs=[each.persoon_ref for each in verteld])
        given = [
            {
                "persoon_ref": ref,
                "versie": each.versie,
                "gegevens": self._gegevens(each.persoon, records.get(ref)),
            }
            for each in verteld
            for ref in [each.persoon_ref]
        ]
        behind = {row.persoon_ref for row in await work.rows(_RAISE, **columns_of(persoon, given, _TOLD))}
        if not behind:
            return frozenset()
        kinderen = sorted(behind)
        vroeger = [row.ouder for row in await work.rows(_FORMER, kinderen=kinderen)]
        await work.execute(_FORGET, kinderen=kinderen)
        relaties = [
            {**dict(each), "kind": told.persoon_ref, "ouder": each.ouder_ref}
            for told in verteld
            if told.persoon_ref in behind and told.persoon
            for each in told.persoon.ouders
        ]
        nodig = {each["ouder"] for each in relaties}
        ouders = [
            each
            for ref in kinderen
            if ref in records
            for each in self._ouders(records[ref])
            if each["persoon_ref"] in nodig
        ]
        await work.execute(_REFER, **columns_of(verwijzing, ouders, KOLOMMEN))
        await work.execute(_BIND, **columns_of(ouder, relaties))
        await work.rows(_LOCK, refs=vroeger)
        await verwijder_kinderloze_ouders(work, [OuderRef(each) for each in vroeger])
        return frozenset(behind)

    def _gegevens(self, persoon: Persoon | None, record: Sleutelrecord | None) -> bytes:
        """What was told of him, under his own key; nothing when he has none that opens."""
        try:
            if persoon is not None and record is not None:
                ref = record.persoon_ref
                sleutel = self._kluis.pak_uit(ref, record.sleutel, record.kekversie)
                bsn = self._kluis.namen(ref, record.namen, record.kekversie).jeugdige
                return self._kluis.versluit(ref, sleutel, pak_in(bsn, persoon, None))
        except KluisError:
            pass
        return _LEEG

    def _ouders(self, record: Sleutelrecord) -> Sequence[Mapping[str, Any]]:
        """The rows for his parents, by the names that are sealed with his key."""
        try:
            namen = self._kluis.namen(record.persoon_ref, record.namen, record.kekversie)
        except KluisError:
            return []
        return [rij_van(ref, Soort.OUDER, self._kluis.index(bsn)) for ref, bsn in namen.ouders.items()]

    async def grootboek(self, work: UnitOfWork, na: UUID, aantal: int) -> Mapping[PersoonRef, str]:
        return {row.persoon_ref: row.reden for row in await work.rows(_LEDGER, na=na, aantal=aantal)}

    async def boek(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> None:
        ledger = [{"persoon_ref": ref, "vernietigd_op": work.now, "reden": redenen[ref]} for ref in redenen]
        await work.execute(_ENTER, **columns_of(vernietigd, ledger))

    async def bladzijde(self, work: UnitOfWork, na: UUID, aantal: int) -> Sequence[PersoonRef]:
        return [row.persoon_ref for row in await work.rows(_PAGE, na=na, aantal=aantal)]


def _rij(record: Sleutelrecord) -> Mapping[str, object]:
    return rij_van(record.persoon_ref, Soort.JEUGDIGE, Index(record.indexversie, record.bsn_index))
