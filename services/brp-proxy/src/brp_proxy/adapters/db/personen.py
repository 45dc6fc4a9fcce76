"""The person store as the API uses it: finds, makes and renews."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, delete, or_, select, text, update
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
from platformkit.db.prepared import Prepared, Row
from platformkit.db.sets import columns_of, insert_rows, one_of, rows

_JEUGDIGE = "jeugdige"
_OUDER = "ouder"
_DATA = (
    persoon.c.persoon_ref,
    persoon.c.versie,
    persoon.c.gegevens,
    persoonssleutel.c.sleutel,
    persoonssleutel.c.sleutelversie.label("kek"),
)
_BINDING = ("ouder", "sinds", "sinds_versie", "sinds_gewijzigd")


def _gegevens() -> Any:
    return select(*_DATA).join(persoonssleutel, persoonssleutel.c.persoon_ref == persoon.c.persoon_ref)


def _verwijzing(*also: Any) -> Any:
    return select(verwijzing.c.persoon_ref, verwijzing.c.bsn_index, verwijzing.c.sleutelversie, *also)


def _stored(table: Table, *names: str) -> Any:
    """Insert a row of `table`, or give the known one these values."""
    values = {name: bindparam(name, type_=table.c[name].type) for name in names}
    new = pg_insert(table).values(persoon_ref=bindparam("persoon_ref"), **values)
    return new.on_conflict_do_update(index_elements=["persoon_ref"], set_={name: new.excluded[name] for name in names})


_TURN = Prepared(
    text("select pg_advisory_xact_lock(slot) from unnest(:slots) as slot").bindparams(
        bindparam("slots", type_=ARRAY(BIGINT, dimensions=1))
    )
)
# With the data at once: others store this youth only in their own turn, and the worker changes none of it.
_FIND = Prepared(
    _verwijzing(*_DATA[1:])
    .join(persoon, persoon.c.persoon_ref == verwijzing.c.persoon_ref)
    .join(persoonssleutel, persoonssleutel.c.persoon_ref == verwijzing.c.persoon_ref)
    .where(verwijzing.c.soort == _JEUGDIGE, one_of(verwijzing.c.bsn_index, "indexen"))
    .with_for_update(of=verwijzing)
)
_FIND_PARENTS = Prepared(
    _verwijzing()
    .where(
        verwijzing.c.soort == _OUDER,
        or_(one_of(verwijzing.c.bsn_index, "indexen"), one_of(verwijzing.c.persoon_ref, "vorige")),
    )
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)
_PARENTS_OF = Prepared(select(ouder).where(one_of(ouder.c.kind, "kinderen")).order_by(ouder.c.ouder))
_MAKE = Prepared(insert_rows(verwijzing))
_bound = rows(ouder, _BINDING)
_STORE = Prepared(
    pg_insert(ouder)
    .from_select(["kind", *_BINDING], select(bindparam("persoon_ref", type_=ouder.c.kind.type), *_bound.c))
    .on_conflict_do_nothing()
    .add_cte(
        _stored(persoon, "versie", "gegevens", "vastgelegd_op", "bevestigd").cte("persoon_"),
        _stored(persoonssleutel, "sleutel", "sleutelversie").cte("sleutel_"),
        delete(ouder)
        .where(ouder.c.kind == bindparam("persoon_ref", type_=ouder.c.kind.type), ~one_of(ouder.c.ouder, "ouder"))
        .cte("weg_"),
    )
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
        await _TURN.rows(self._connection, slots=slots)

    async def zoek(self, jeugdige: Bsn) -> Persoon | None:
        """The known youth, locked."""
        indexen = self._kluis.indexen(jeugdige)
        found = await _FIND.rows(self._connection, indexen=[index.waarde for index in indexen])
        if not found:
            return None
        (row,) = found
        await self._herindexeer(row, indexen[0])
        return self._persoon(row, (await self._ouders([row.persoon_ref])).get(row.persoon_ref, []))

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
        rijen = await _PARENTS_OF.rows(self._connection, kinderen=list(kinderen))
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

    def _persoon(self, rij: Any, ouders: Sequence[Ouder]) -> Persoon:
        dicht = Versluiteld(rij.gegevens, rij.sleutel, rij.kek)
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
        (ref,) = await self._maak(_JEUGDIGE, [jeugdige])
        return ref

    async def verwijzingen_van_ouders(self, ouders: Collection[Bsn], vorige: Persoon | None) -> frozenset[UUID]:
        """The refs of these parents, made where there are none; theirs and those of the former parents are locked."""
        indexen = {bsn: self._kluis.indexen(bsn) for bsn in sorted(ouders, key=lambda bsn: bsn.waarde)}
        found = await _FIND_PARENTS.rows(
            self._connection,
            indexen=[index.waarde for each in indexen.values() for index in each],
            vorige=list(vorige.ouder_refs) if vorige else [],
        )
        bekend = {row.bsn_index: row for row in found}
        refs, nieuw = set(), []
        for bsn, each in indexen.items():
            row = next((row for index in each if (row := bekend.get(index.waarde))), None)
            if row is None:
                nieuw.append(bsn)
            else:
                await self._herindexeer(row, each[0])
                refs.add(row.persoon_ref)
        return frozenset(refs.union(await self._maak(_OUDER, nieuw)))

    async def bewaar(self, nieuw: Persoon, lijst: Persoonslijst, nu: datetime) -> None:
        """Store the person under a new data key, as an unconfirmed lease from `nu`."""
        gegevens = {
            "bsn": lijst.bsn.waarde,
            "woongemeente": lijst.woongemeente,
            "geheim": lijst.geheim,
            **lijst.gegevens,
        }
        dicht = self._kluis.versluit(nieuw.persoon_ref, json.dumps(gegevens).encode())
        await _STORE.rows(
            self._connection,
            persoon_ref=nieuw.persoon_ref,
            versie=nieuw.versie,
            gegevens=dicht.gegevens,
            vastgelegd_op=nu,
            bevestigd=False,
            sleutel=dicht.sleutel,
            sleutelversie=dicht.sleutelversie,
            **columns_of(
                ouder,
                [(each.ouder_ref, each.sinds, each.sinds_versie, each.sinds_gewijzigd) for each in nieuw.ouders],
                _BINDING,
            ),
        )

    async def laat_ouders_gaan(self, ouders: Collection[UUID], nu: datetime) -> None:
        """Let go of those former parents who have no child here any more."""
        await verwijder_kinderloze_ouders(self._connection, ouders, nu)

    async def _herindexeer(self, found: Row, actief: Index) -> None:
        """Move a row to the active key. Only upwards: the process that still has the older key active leaves it."""
        if found.sleutelversie < actief.versie:
            await self._connection.execute(
                update(verwijzing)
                .where(verwijzing.c.persoon_ref == found.persoon_ref)
                .values(bsn_index=actief.waarde, sleutelversie=actief.versie)
            )

    async def _maak(self, soort: str, bsns: Sequence[Bsn]) -> Sequence[UUID]:
        if not bsns:
            return []
        # Random, not time-ordered: a ref tells nothing, not even when it was given (D1).
        refs = [uuid4() for _ in bsns]
        actief = [self._kluis.indexen(bsn)[0] for bsn in bsns]
        new = [(ref, soort, index.waarde, index.versie) for ref, index in zip(refs, actief, strict=True)]
        await _MAKE.rows(self._connection, **columns_of(verwijzing, new))
        return refs
