"""The person store as API and jobs use it: finds, makes and renews. The keys stand in another database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from opentelemetry import metrics
from sqlalchemy import and_, bindparam, delete, exists, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.dialects.postgresql import insert as pg_insert

from brp_proxy.adapters.db.gegevens import pak_in, pak_kaart_uit, pak_uit
from brp_proxy.adapters.db.ouders import verwijder_kinderloze_ouders
from brp_proxy.adapters.db.sleutel import PostgresSleutelRepository
from brp_proxy.adapters.db.tables import Soort, ouder, persoon, verwijzing
from brp_proxy.adapters.db.verwijzing import KOLOMMEN, rij_van
from brp_proxy.adapters.kluis import Kluis, KluisError, Namen
from brp_proxy.application.ports import Plek, Sleutelrecord
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.kaart import Kaart
from brp_proxy.domain.persoon import Persoon
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef
from contracts.persoon import Ouder, PersoonVernietigdReden
from platformkit.clock import AMSTERDAM
from platformkit.db.sets import columns_of, constant, insert_rows, one_of, rows
from platformkit.db.statement import Statement
from platformkit.errors import ConstraintError, TransientError
from platformkit.executor import UnitOfWork
from platformkit.logging import get_logger

_JEUGDIGE, _OUDER, _WEG = map(constant, Soort)
_BINDING = ("ouder", "sinds", "sinds_versie", "sinds_gewijzigd")

log = get_logger()
_dicht = metrics.get_meter("brp_proxy").create_counter("persoon.sleutel_onbruikbaar", unit="{person}")


def _stored(*renewed: str) -> Any:
    """Insert a person, or give the known one these values."""
    values = {column.name: bindparam(column.name, type_=column.type) for column in persoon.c}
    new = pg_insert(persoon).values(**values)
    return new.on_conflict_do_update(
        index_elements=["persoon_ref"], set_={name: new.excluded[name] for name in renewed}
    )


_TURN = Statement(
    text("select pg_advisory_xact_lock(slot) from unnest(:slots) as slot").bindparams(
        bindparam("slots", type_=ARRAY(BIGINT, dimensions=1))
    )
)
# With the data at once: others store this youth only in their own turn. And who was marked: whose key it is that is found.
_of_bsn = one_of(verwijzing.c.bsn_index, "indexen")
_FIND = Statement(
    select(verwijzing.c.persoon_ref, verwijzing.c.reden, persoon.c.versie, persoon.c.gegevens)
    .join(persoon, persoon.c.persoon_ref == verwijzing.c.persoon_ref)
    .where(or_(and_(verwijzing.c.soort == _JEUGDIGE, _of_bsn), and_(verwijzing.c.soort == _WEG, _of_bsn)))
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
_REFS_OF = Statement(
    select(verwijzing.c.persoon_ref, verwijzing.c.bsn_index).where(verwijzing.c.soort == _JEUGDIGE, _of_bsn)
)
_FIND_PARENTS = Statement(
    select(verwijzing.c.persoon_ref, verwijzing.c.bsn_index, verwijzing.c.sleutelversie)
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
_DATA_OF = Statement(
    select(persoon.c.persoon_ref, persoon.c.versie, persoon.c.gegevens).where(one_of(persoon.c.persoon_ref, "refs"))
)
_READ = Statement(
    select(persoon)
    .join(verwijzing, verwijzing.c.persoon_ref == persoon.c.persoon_ref)
    .where(verwijzing.c.soort == _JEUGDIGE, one_of(verwijzing.c.persoon_ref, "refs"))
    .order_by(persoon.c.persoon_ref)
)
_made = insert_rows(verwijzing, KOLOMMEN)
# A known one moves to the active key. Only upwards: the process that still has the older key active leaves it. And a parent
# to another BSN.
_MAKE = Statement(
    _made.on_conflict_do_update(
        index_elements=["persoon_ref"],
        set_={name: _made.excluded[name] for name in KOLOMMEN[2:]},
        where=or_(
            verwijzing.c.sleutelversie < _made.excluded.sleutelversie,
            and_(
                verwijzing.c.sleutelversie == _made.excluded.sleutelversie,
                verwijzing.c.bsn_index != _made.excluded.bsn_index,
            ),
        ),
    )
)
_bound = rows(ouder, _BINDING)
_STORE = {
    lease: Statement(
        pg_insert(ouder)
        .from_select(["kind", *_BINDING], select(bindparam("persoon_ref", type_=ouder.c.kind.type), *_bound.c))
        .on_conflict_do_nothing()
        .add_cte(
            _stored(*renewed).cte("persoon_"),
            delete(ouder)
            .where(ouder.c.kind == bindparam("persoon_ref", type_=ouder.c.kind.type), ~one_of(ouder.c.ouder, "ouder"))
            .cte("weg_"),
        )
    )
    for lease, renewed in {
        True: ("versie", "gegevens", "herlezen", "vastgelegd_op", "bevestigd"),
        False: ("versie", "gegevens", "herlezen"),
    }.items()
}


class PostgresPersoonRepository:
    """See `brp_proxy.application.ports.PersoonRepository`; the worker's order of locks is the same."""

    def __init__(self, kluis: Kluis, sleutels: PostgresSleutelRepository) -> None:
        self._kluis = kluis
        self._sleutels = sleutels

    async def neem_beurt(self, work: UnitOfWork, jeugdige: Bsn, ouders: Collection[Bsn]) -> None:
        """See the port.

        A unique index alone would not do: while the HMAC key is being changed, two processes index under different
        versions, and each would give the same BSN a ref.
        """
        slots = sorted({self._kluis.slot(bsn) for bsn in (jeugdige, *ouders)})
        await work.rows(_TURN, slots=slots)

    async def zoek(self, work: UnitOfWork, lijst: Persoonslijst) -> Plek:
        indexen = self._kluis.indexen(lijst.bsn)
        rijen = await work.rows(_FIND, indexen=[index.waarde for index in indexen])
        weg = {rij.persoon_ref: rij.reden for rij in rijen if rij.reden}
        rij = next((rij for rij in rijen if not rij.reden), None)
        ref = rij.persoon_ref if rij else _FIRST
        records = await self._sleutels.zoek(indexen, ref)
        ouders = (await self._ouders(work, [ref])).get(ref, [])
        record = min(records, key=lambda each: (each.persoon_ref != ref, each.persoon_ref in weg), default=None)
        eigen = record if record and (record.persoon_ref == ref if rij else record.persoon_ref not in weg) else None
        if rij is None:
            # Random, not time-ordered: a ref tells nothing, not even when it was given (D1).
            ref = eigen.persoon_ref if eigen else uuid4()
        sleutel = self._datasleutel(work, eigen, ref, bekend=rij is not None)
        return Plek(
            persoon_ref=PersoonRef(ref),
            # Version 0: taken in by his key alone, and told to nobody.
            vorige=self._vorige(work, rij, sleutel, ouders, lijst) if rij and rij.versie else None,
            datasleutel=sleutel or self._kluis.nieuwe_sleutel(),
            record=record,
            einde=weg.get(record.persoon_ref, PersoonVernietigdReden.LEASE) if record else "",
            ouders=self._bekende_ouders(eigen),
        )

    def _datasleutel(self, work: UnitOfWork, record: Sleutelrecord | None, ref: UUID, *, bekend: bool) -> bytes | None:
        """The person's data key; none when he has none, or it cannot be read, which the next to store him mends (D1)."""
        try:
            if record is not None:
                return self._kluis.pak_uit(ref, record.sleutel, record.kekversie)
        except KluisError:
            bekend = True
        if bekend:
            work.after_commit(_meld, ref)
        return None

    def _vorige(
        self, work: UnitOfWork, rij: Any, sleutel: bytes | None, ouders: Sequence[Ouder], lijst: Persoonslijst
    ) -> Persoon:
        try:
            if sleutel is not None:
                return self._persoon(rij, sleutel, ouders)
        except KluisError:
            work.after_commit(_meld, rij.persoon_ref)
        return Persoon(rij.persoon_ref, rij.versie, tuple(ouders), lijst.woongemeente, lijst.geheim)

    def _bekende_ouders(self, record: Sleutelrecord | None) -> Mapping[Bsn, OuderRef]:
        if record is None:
            return {}
        try:
            namen = self._kluis.namen(record.persoon_ref, record.namen, record.kekversie)
        except KluisError:
            return {}
        return {bsn: ref for ref, bsn in namen.ouders.items()}

    async def is_van(self, work: UnitOfWork, persoon_ref: PersoonRef, jeugdige: Bsn) -> bool:
        indexen = [index.waarde for index in self._kluis.indexen(jeugdige)]
        return bool(await work.value(_IS_OF, persoon_ref=persoon_ref, indexen=indexen))

    async def refs_van(self, work: UnitOfWork, bsns: Collection[Bsn]) -> Mapping[Bsn, PersoonRef]:
        van = {index.waarde: bsn for bsn in bsns for index in self._kluis.indexen(bsn)}
        return {van[rij.bsn_index]: PersoonRef(rij.persoon_ref) for rij in await work.rows(_REFS_OF, indexen=list(van))}

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> tuple[Sequence[Persoon], Sequence[PersoonRef]]:
        # Locked first: a version's data and parents are read in two statements, and belong together.
        refs = [row.persoon_ref for row in await work.rows(_PAGE, na=na or _FIRST, aantal=aantal)]
        per_ref = {row.persoon_ref: row for row in await work.rows(_DATA_OF, refs=refs)}
        records = await self._sleutels.van(refs)
        ouders = await self._ouders(work, refs)
        personen, dicht = [], []
        for ref in refs:
            try:
                record = records[ref]
                sleutel = self._kluis.pak_uit(ref, record.sleutel, record.kekversie)
                personen.append(self._persoon(per_ref[ref], sleutel, ouders.get(ref, [])))
            except (KeyError, KluisError):
                dicht.append(ref)
        return personen, dicht

    async def lees(
        self, work: UnitOfWork, refs: Collection[PersoonRef]
    ) -> tuple[Sequence[Kaart], Collection[PersoonRef]]:
        # The keys first: whose key is destroyed after that is marked by now, and unknown.
        records = await self._sleutels.van(refs)
        kaarten, dicht = [], []
        for rij in await work.rows(_READ, refs=list(refs)):
            ref = PersoonRef(rij.persoon_ref)
            if rij.herlezen:
                # He has no card until he is read again: a restore took it.
                dicht.append(ref)
                continue
            try:
                record = records[ref]
                sleutel = self._kluis.pak_uit(ref, record.sleutel, record.kekversie)
                open_ = self._kluis.ontsluit(ref, sleutel, rij.gegevens)
                kaarten.append(pak_kaart_uit(ref, rij.versie, open_, rij.vastgelegd_op.astimezone(AMSTERDAM).date()))
            except (KeyError, KluisError):
                dicht.append(ref)
                work.after_commit(_meld, ref)
        return kaarten, dicht

    async def bsn_van(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> Mapping[PersoonRef, Bsn]:
        """See the port; `work` is not asked: the keys stand elsewhere."""
        found = {}
        for ref, record in (await self._sleutels.van(refs)).items():
            with suppress(KluisError):
                found[PersoonRef(ref)] = self._kluis.namen(ref, record.namen, record.kekversie).jeugdige
        return found

    async def ouders_van(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Mapping[OuderRef, Bsn]:
        """See the port; `work` is not asked: the keys stand elsewhere."""
        record = (await self._sleutels.van([persoon_ref])).get(persoon_ref)
        return {ref: bsn for bsn, ref in self._bekende_ouders(record).items()}

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

    def _persoon(self, rij: Any, sleutel: bytes, ouders: Sequence[Ouder]) -> Persoon:
        gegevens = pak_uit(self._kluis.ontsluit(rij.persoon_ref, sleutel, rij.gegevens))
        return Persoon(rij.persoon_ref, rij.versie, tuple(ouders), **gegevens)

    async def verwijzingen_van_ouders(
        self, work: UnitOfWork, ouders: Collection[Bsn], plek: Plek
    ) -> Mapping[Bsn, OuderRef]:
        indexen = {bsn: self._kluis.indexen(bsn) for bsn in sorted(ouders, key=lambda bsn: bsn.waarde)}
        found = await work.rows(
            _FIND_PARENTS,
            indexen=[index.waarde for each in indexen.values() for index in each],
            vorige=list(plek.vorige.ouder_refs) if plek.vorige else [],
        )
        bekend = {row.bsn_index: row.persoon_ref for row in found}
        refs = {}
        for bsn, each in indexen.items():
            stored = next((ref for index in each if (ref := bekend.get(index.waarde))), None)
            refs[bsn] = OuderRef(stored or plek.ouders.get(bsn) or uuid4())
        return refs

    async def bewaar(
        self,
        work: UnitOfWork,
        plek: Plek,
        persoon: Persoon,
        lijst: Persoonslijst,
        ouders: Mapping[Bsn, OuderRef],
        *,
        lease: bool,
    ) -> None:
        ref, record = plek.persoon_ref, plek.record
        namen = Namen(lijst.bsn, {ref: bsn for bsn, ref in ouders.items()})
        await self._sleutels.schrijf(
            ref,
            self._kluis.index(lijst.bsn, record.indexversie if record else 0),
            self._kluis.pak_in(ref, plek.datasleutel, namen, record.kekversie if record else 0),
            nu=work.now,
            gevonden=record,
            reden=plek.einde,
        )
        made = [(ref, Soort.JEUGDIGE, lijst.bsn), *((each, Soort.OUDER, bsn) for bsn, each in ouders.items())]
        try:
            await work.execute(
                _MAKE,
                **columns_of(
                    verwijzing, [rij_van(ref, soort, self._kluis.index(bsn)) for ref, soort, bsn in made], KOLOMMEN
                ),
            )
        except ConstraintError:
            # Somebody gave one of these parents a ref meanwhile: a process whose key file no longer has the oldest key, by
            # which turns are taken, or the other way round.
            raise TransientError("tijdelijk-niet-beschikbaar") from None
        await work.rows(
            _STORE[lease],
            persoon_ref=ref,
            versie=persoon.versie,
            gegevens=self._kluis.versluit(ref, plek.datasleutel, pak_in(lijst.bsn, persoon, work.today)),
            herlezen=False,
            vastgelegd_op=work.now,
            bevestigd=False,
            **columns_of(ouder, [{**dict(each), "ouder": each.ouder_ref} for each in persoon.ouders], _BINDING),
        )

    async def laat_ouders_gaan(self, work: UnitOfWork, ouders: Collection[OuderRef]) -> None:
        await verwijder_kinderloze_ouders(work, ouders)


def _meld(persoon_ref: UUID) -> None:
    """A key, or data, of a known person that cannot be read: who stores him mends it, who reads him is told to come back."""
    log.error("persoonssleutel_onbruikbaar", persoon_ref=str(persoon_ref))
    _dicht.add(1)
