"""The person store as the API uses it: finds, makes and renews."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, delete, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.tables import ouder, persoon, persoonssleutel, verwijzing
from brp_proxy.adapters.kluis import Index, Kluis, KluisError, Versluiteld
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.persoon import Ouder

_JEUGDIGE = "jeugdige"
_OUDER = "ouder"
_TURN = text("select pg_advisory_xact_lock(slot) from unnest(:slots) as slot").bindparams(
    bindparam("slots", type_=ARRAY(BIGINT))
)


class PersonenOpslag:
    """Within one transaction. Order of locks: turns, the youth, parents by ref; the worker's is the same."""

    def __init__(self, connection: AsyncConnection, kluis: Kluis) -> None:
        self._connection = connection
        self._kluis = kluis

    async def neem_beurt(self, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """Wait for others who store one of these BSNs.

        A unique index alone would not do: while the HMAC key is being changed, two processes index under different
        versions, and each would give the same BSN a ref.
        """
        slots = sorted({self._kluis.slot(bsn) for bsn in (jeugdige, *ouders)})
        await self._connection.execute(_TURN, {"slots": slots})

    async def zoek(self, jeugdige: Bsn) -> Persoon | None:
        """The known youth, locked."""
        found = await self._vind(jeugdige)
        if found is None:
            return None
        ref = found.persoon_ref
        row = (await self._connection.execute(_gegevens().where(persoon.c.persoon_ref == ref))).one()
        return self._persoon(row, (await self._ouders([ref])).get(ref, []))

    async def bladzijde(self, na: UUID | None, aantal: int) -> tuple[Sequence[Persoon], Sequence[UUID]]:
        """Of the next `aantal` youths by ref after `na`: those whose data open, locked, and the refs of the others."""
        vraag = select(verwijzing.c.persoon_ref).where(verwijzing.c.soort == _JEUGDIGE)
        # Locked first: a version's data and parents are read in two statements, and belong together.
        gevonden = await self._connection.execute(
            (vraag if na is None else vraag.where(verwijzing.c.persoon_ref > na))
            .order_by(verwijzing.c.persoon_ref)
            .limit(aantal)
            .with_for_update()
        )
        refs = gevonden.scalars().all()
        rijen = await self._connection.execute(_gegevens().where(persoon.c.persoon_ref.in_(refs)))
        per_ref = {rij.persoon_ref: rij for rij in rijen}
        ouders = await self._ouders(refs)
        personen, dicht = [], []
        for ref in refs:
            try:
                personen.append(self._persoon(per_ref[ref], ouders.get(ref, [])))
            except (KeyError, KluisError):
                dicht.append(ref)
        return personen, dicht

    async def _ouders(self, kinderen: Collection[UUID]) -> Mapping[UUID, list[Ouder]]:
        rijen = await self._connection.execute(select(ouder).where(ouder.c.kind.in_(kinderen)).order_by(ouder.c.ouder))
        per_kind: dict[UUID, list[Ouder]] = {}
        for rij in rijen:
            each = Ouder(
                ouder_ref=rij.ouder,
                sinds=rij.sinds,
                sinds_versie=rij.sinds_versie,
                sinds_gewijzigd=rij.sinds_gewijzigd,
            )
            per_kind.setdefault(rij.kind, []).append(each)
        return per_kind

    def _persoon(self, rij: "Row[Any]", ouders: Sequence[Ouder]) -> Persoon:
        dicht = Versluiteld(rij.gegevens, rij.sleutel, rij.sleutelversie)
        gegevens = json.loads(self._kluis.ontsluit(rij.persoon_ref, dicht))
        return Persoon(
            persoon_ref=rij.persoon_ref,
            versie=rij.versie,
            ouders=tuple(ouders),
            woongemeente=gegevens["woongemeente"],
            geheim=gegevens["geheim"],
        )

    async def nieuwe_verwijzing(self, jeugdige: Bsn) -> UUID:
        """A ref for a youth who has none."""
        return await self._maak(_JEUGDIGE, jeugdige)

    async def verwijzingen_van_ouders(self, ouders: Collection[Bsn], vorige: Persoon | None) -> frozenset[UUID]:
        """The refs of these parents, made where there are none; theirs and those of the former parents are locked."""
        indexen = [index.waarde for bsn in ouders for index in self._kluis.indexen(bsn)]
        rows = await self._connection.execute(
            _verwijzing()
            .where(verwijzing.c.soort == _OUDER)
            .where(
                or_(
                    verwijzing.c.bsn_index.in_(indexen),
                    verwijzing.c.persoon_ref.in_(vorige.ouder_refs if vorige else ()),
                )
            )
            .order_by(verwijzing.c.persoon_ref)
            .with_for_update()
        )
        bekend = {row.bsn_index: row for row in rows}
        refs = set()
        for bsn in sorted(ouders, key=lambda bsn: bsn.waarde):
            found = next((row for index in self._kluis.indexen(bsn) if (row := bekend.get(index.waarde))), None)
            if found is None:
                refs.add(await self._maak(_OUDER, bsn))
            else:
                await self._herindexeer(found, self._kluis.indexen(bsn)[0])
                refs.add(found.persoon_ref)
        return frozenset(refs)

    async def bewaar(self, nieuw: Persoon, lijst: Persoonslijst, nu: datetime) -> None:
        """Store the person under a new data key, as an unconfirmed lease from `nu`."""
        gegevens = {
            "bsn": lijst.bsn.waarde,
            "woongemeente": lijst.woongemeente,
            "geheim": lijst.geheim,
            **lijst.gegevens,
        }
        dicht = self._kluis.versluit(nieuw.persoon_ref, json.dumps(gegevens).encode())
        rij = {"versie": nieuw.versie, "gegevens": dicht.gegevens, "vastgelegd_op": nu, "bevestigd": False}
        sleutel = {"sleutel": dicht.sleutel, "sleutelversie": dicht.sleutelversie}
        for table, values in ((persoon, rij), (persoonssleutel, sleutel)):
            await self._connection.execute(
                pg_insert(table)
                .values(persoon_ref=nieuw.persoon_ref, **values)
                .on_conflict_do_update(index_elements=["persoon_ref"], set_=values)
            )
        await self._connection.execute(
            delete(ouder).where(ouder.c.kind == nieuw.persoon_ref, ouder.c.ouder.not_in(nieuw.ouder_refs))
        )
        if nieuw.ouders:
            await self._connection.execute(
                pg_insert(ouder)
                .values(
                    [
                        {
                            "kind": nieuw.persoon_ref,
                            "ouder": each.ouder_ref,
                            "sinds": each.sinds,
                            "sinds_versie": each.sinds_versie,
                            "sinds_gewijzigd": each.sinds_gewijzigd,
                        }
                        for each in nieuw.ouders
                    ]
                )
                .on_conflict_do_nothing()
            )

    async def laat_ouders_gaan(self, ouders: Collection[UUID], nu: datetime) -> None:
        """Let go of those former parents who have no child here any more."""
        await verwijder_kinderloze_ouders(self._connection, ouders, nu)

    async def _vind(self, bsn: Bsn) -> "Row[Any] | None":
        indexen = self._kluis.indexen(bsn)
        rows = await self._connection.execute(
            _verwijzing()
            .where(verwijzing.c.soort == _JEUGDIGE, verwijzing.c.bsn_index.in_([index.waarde for index in indexen]))
            .with_for_update()
        )
        found = rows.one_or_none()
        if found is not None:
            await self._herindexeer(found, indexen[0])
        return found

    async def _herindexeer(self, found: "Row[Any]", actief: Index) -> None:
        """Move a row to the active key. Only upwards: the process that still has the older key active leaves it."""
        if found.sleutelversie < actief.versie:
            await self._connection.execute(
                update(verwijzing)
                .where(verwijzing.c.persoon_ref == found.persoon_ref)
                .values(bsn_index=actief.waarde, sleutelversie=actief.versie)
            )

    async def _maak(self, soort: str, bsn: Bsn) -> UUID:
        actief = self._kluis.indexen(bsn)[0]
        # Random, not time-ordered: a ref tells nothing, not even when it was given (D1).
        ref = uuid4()
        await self._connection.execute(
            insert(verwijzing).values(
                persoon_ref=ref, soort=soort, bsn_index=actief.waarde, sleutelversie=actief.versie
            )
        )
        return ref


def _gegevens() -> Any:
    return select(
        persoon.c.persoon_ref,
        persoon.c.versie,
        persoon.c.gegevens,
        persoonssleutel.c.sleutel,
        persoonssleutel.c.sleutelversie,
    ).join(persoonssleutel, persoonssleutel.c.persoon_ref == persoon.c.persoon_ref)


def _verwijzing() -> Any:
    return select(verwijzing.c.persoon_ref, verwijzing.c.bsn_index, verwijzing.c.sleutelversie)
