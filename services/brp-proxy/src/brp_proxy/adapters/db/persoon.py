"""The person store as the API uses it: finds, makes and renews."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, delete, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.dialects.postgresql import insert as pg_insert

from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.tables import ouder, persoon, persoonssleutel, verwijzing
from brp_proxy.adapters.kluis import Index, Kluis, KluisError, Versluiteld
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef
from contracts.persoon import Ouder
from platformkit.db.sets import columns_of, insert_rows, one_of, rows
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork

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


_TURN = Statement(
    text("select pg_advisory_xact_lock(slot) from unnest(:slots) as slot").bindparams(
        bindparam("slots", type_=ARRAY(BIGINT, dimensions=1))
    )
)
# With the data at once: others store this youth only in their own turn, and the worker changes none of it.
_FIND = Statement(
    _verwijzing(*_DATA[1:])
    .join(persoon, persoon.c.persoon_ref == verwijzing.c.persoon_ref)
    .join(persoonssleutel, persoonssleutel.c.persoon_ref == verwijzing.c.persoon_ref)
    .where(verwijzing.c.soort == _JEUGDIGE, one_of(verwijzing.c.bsn_index, "indexen"))
    .with_for_update(of=verwijzing)
)
_IS_OF = Statement(
    select(
        exists().where(
            verwijzing.c.persoon_ref == bindparam("persoon_ref"),
            verwijzing.c.soort == _JEUGDIGE,
            one_of(verwijzing.c.bsn_index, "indexen"),
        )
    )
)
_FIND_PARENTS = Statement(
    _verwijzing()
    .where(
        verwijzing.c.soort == _OUDER,
        or_(one_of(verwijzing.c.bsn_index, "indexen"), one_of(verwijzing.c.persoon_ref, "vorige")),
    )
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)
_PARENTS_OF = Statement(select(ouder).where(one_of(ouder.c.kind, "kinderen")).order_by(ouder.c.ouder))
_FIRST = UUID(int=0)
"""Below every ref: they are random (version 4)."""
_PAGE = Statement(
    select(verwijzing.c.persoon_ref)
    .where(verwijzing.c.soort == _JEUGDIGE, verwijzing.c.persoon_ref > bindparam("na"))
    .order_by(verwijzing.c.persoon_ref)
    .limit(bindparam("aantal"))
    .with_for_update()
)
_DATA_OF = Statement(_gegevens().where(one_of(persoon.c.persoon_ref, "refs")))
_REINDEX = Statement(
    update(verwijzing)
    .where(verwijzing.c.persoon_ref == bindparam("ref"))
    .values(
        bsn_index=bindparam("waarde", type_=verwijzing.c.bsn_index.type),
        sleutelversie=bindparam("versie", type_=verwijzing.c.sleutelversie.type),
    )
)
_MAKE = Statement(insert_rows(verwijzing))
_bound = rows(ouder, _BINDING)
_STORE = Statement(
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


class PostgresPersoonRepository:
    """See `brp_proxy.application.ports.PersoonRepository`; the worker's order of locks is the same."""

    def __init__(self, kluis: Kluis) -> None:
        self._kluis = kluis

    async def neem_beurt(self, work: UnitOfWork, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """See the port.

        A unique index alone would not do: while the HMAC key is being changed, two processes index under different
        versions, and each would give the same BSN a ref.
        """
        slots = sorted({self._kluis.slot(bsn) for bsn in (jeugdige, *ouders)})
        await work.rows(_TURN, slots=slots)

    async def zoek(self, work: UnitOfWork, jeugdige: Bsn) -> Persoon | None:
        indexen = self._kluis.indexen(jeugdige)
        found = await work.row(_FIND, indexen=[index.waarde for index in indexen])
        if found is None:
            return None
        await self._herindexeer(work, found, indexen[0])
        return self._persoon(found, (await self._ouders(work, [found.persoon_ref])).get(found.persoon_ref, []))

    async def is_van(self, work: UnitOfWork, persoon_ref: PersoonRef, jeugdige: Bsn) -> bool:
        indexen = [index.waarde for index in self._kluis.indexen(jeugdige)]
        return bool(await work.value(_IS_OF, persoon_ref=persoon_ref, indexen=indexen))

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> tuple[Sequence[Persoon], Sequence[PersoonRef]]:
        # Locked first: a version's data and parents are read in two statements, and belong together.
        refs = [row.persoon_ref for row in await work.rows(_PAGE, na=na or _FIRST, aantal=aantal)]
        per_ref = {row.persoon_ref: row for row in await work.rows(_DATA_OF, refs=refs)}
        ouders = await self._ouders(work, refs)
        personen, dicht = [], []
        for ref in refs:
            try:
                personen.append(self._persoon(per_ref[ref], ouders.get(ref, [])))
            except (KeyError, KluisError):
                dicht.append(ref)
        return personen, dicht

    async def _ouders(self, work: UnitOfWork, kinderen: Collection[UUID]) -> Mapping[UUID, list[Ouder]]:
        rijen = await work.rows(_PARENTS_OF, kinderen=list(kinderen))
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

    async def nieuwe_verwijzing(self, work: UnitOfWork, jeugdige: Bsn) -> PersoonRef:
        (ref,) = await self._maak(work, _JEUGDIGE, [jeugdige])
        return PersoonRef(ref)

    async def verwijzingen_van_ouders(
        self, work: UnitOfWork, ouders: Collection[Bsn], vorige: Persoon | None
    ) -> frozenset[OuderRef]:
        indexen = {bsn: self._kluis.indexen(bsn) for bsn in sorted(ouders, key=lambda bsn: bsn.waarde)}
        found = await work.rows(
            _FIND_PARENTS,
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
                await self._herindexeer(work, row, each[0])
                refs.add(row.persoon_ref)
        return frozenset(map(OuderRef, refs.union(await self._maak(work, _OUDER, nieuw))))

    async def bewaar(self, work: UnitOfWork, nieuw: Persoon, lijst: Persoonslijst) -> None:
        gegevens = {
            "bsn": lijst.bsn.waarde,
            "woongemeente": lijst.woongemeente,
            "geheim": lijst.geheim,
            **lijst.gegevens,
        }
        dicht = self._kluis.versluit(nieuw.persoon_ref, json.dumps(gegevens).encode())
        await work.rows(
            _STORE,
            persoon_ref=nieuw.persoon_ref,
            versie=nieuw.versie,
            gegevens=dicht.gegevens,
            vastgelegd_op=work.now,
            bevestigd=False,
            sleutel=dicht.sleutel,
            sleutelversie=dicht.sleutelversie,
            **columns_of(ouder, [{**dict(each), "ouder": each.ouder_ref} for each in nieuw.ouders], _BINDING),
        )

    async def laat_ouders_gaan(self, work: UnitOfWork, ouders: Collection[OuderRef]) -> None:
        await verwijder_kinderloze_ouders(work, ouders)

    async def _herindexeer(self, work: UnitOfWork, found: Row, actief: Index) -> None:
        """Move a row to the active key. Only upwards: the process that still has the older key active leaves it."""
        if found.sleutelversie < actief.versie:
            await work.execute(_REINDEX, ref=found.persoon_ref, waarde=actief.waarde, versie=actief.versie)

    async def _maak(self, work: UnitOfWork, soort: str, bsns: Sequence[Bsn]) -> Sequence[UUID]:
        if not bsns:
            return []
        # Random, not time-ordered: a ref tells nothing, not even when it was given (D1).
        refs = [uuid4() for _ in bsns]
        actief = [self._kluis.indexen(bsn)[0] for bsn in bsns]
        new = [
            {"persoon_ref": ref, "soort": soort, "bsn_index": index.waarde, "sleutelversie": index.versie}
            for ref, index in zip(refs, actief, strict=True)
        ]
        await work.execute(_MAKE, **columns_of(verwijzing, new))
        return refs
