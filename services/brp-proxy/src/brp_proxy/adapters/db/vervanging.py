"""Replacing keys (D1): youths and parents are indexed anew, data keys and names wrapped anew, a page at a time.

Beside everything else: whoever is stored meanwhile is found under each version of a key, and keeps what is newer.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, MetaData, Table, Uuid, bindparam, func, or_, select, text, update

from brp_proxy.adapters.db.sleutels.tables import sleutel
from brp_proxy.adapters.db.tables import verwijzing
from brp_proxy.adapters.kluis import Index, Kluis, KluisError, Sleutelsoort
from brp_proxy.application.contexts import ZELF
from contracts.base import PersoonRef
from platformkit.db.database import Database
from platformkit.db.sets import columns_of, one_of, rows
from platformkit.db.statement import Row, Statement
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger

log = get_logger()

_OLD = Statement(
    select(sleutel.c.persoon_ref, sleutel.c.sleutel, sleutel.c.namen, sleutel.c.indexversie, sleutel.c.kekversie)
    .where(
        sleutel.c.persoon_ref > bindparam("na"),
        or_(sleutel.c.indexversie < bindparam("hmac"), sleutel.c.kekversie < bindparam("kek")),
    )
    .order_by(sleutel.c.persoon_ref)
    .limit(bindparam("aantal"))
)
_LOCK = Statement(
    select(verwijzing.c.persoon_ref)
    .where(one_of(verwijzing.c.persoon_ref, "refs"))
    .order_by(verwijzing.c.persoon_ref)
    .with_for_update()
)
_INDEXED = ("persoon_ref", "bsn_index", "sleutelversie")
_indexed = rows(verwijzing, _INDEXED)
_INDEX = Statement(
    update(verwijzing)
    .values(bsn_index=_indexed.c.bsn_index, sleutelversie=_indexed.c.sleutelversie)
    .where(verwijzing.c.persoon_ref == _indexed.c.persoon_ref, verwijzing.c.sleutelversie < _indexed.c.sleutelversie)
)
# Unless it was written since: then by somebody who has the newer keys, or it is found again.
_RENEWED = ("bsn_index", "indexversie", "sleutel", "namen", "kekversie")
_new = Table(
    "nieuw",
    MetaData(),
    Column("persoon_ref", Uuid),
    Column("gezien", LargeBinary),
    *(Column(name, sleutel.c[name].type) for name in _RENEWED),
)
_wrapped = rows(_new)
_WRAP = Statement(
    update(sleutel)
    .values({name: _wrapped.c[name] for name in _RENEWED})
    .where(sleutel.c.persoon_ref == _wrapped.c.persoon_ref, sleutel.c.sleutel == _wrapped.c.gezien)
)


def _versions(table: Table, column: str) -> Statement:
    """Each version that stands there, by a walk over the index that costs as much as there are versions."""
    return Statement(
        text(
            f"with recursive found as (select min({column}) as versie from {table.name}"  # noqa: S608 -- names of ours
            f" union all select (select min({column}) from {table.name} where {column} > versie) from found"
            " where versie is not null) select versie from found where versie is not null"
        )
    )


_USED = _versions(verwijzing, "sleutelversie")
_USED_APART = {
    Sleutelsoort.HMAC: _versions(sleutel, "indexversie"),
    Sleutelsoort.KEK: _versions(sleutel, "kekversie"),
}
_ROWS = Statement(
    select(verwijzing.c.sleutelversie.label("versie"), verwijzing.c.soort, func.count().label("aantal")).group_by(
        verwijzing.c.sleutelversie, verwijzing.c.soort
    )
)
_RECORDS = {
    soort: Statement(select(column.label("versie"), func.count().label("aantal")).group_by(column))
    for soort, column in ((Sleutelsoort.HMAC, sleutel.c.indexversie), (Sleutelsoort.KEK, sleutel.c.kekversie))
}


class OntbreektError(Exception):
    """A version of a key is used and is not in the key file."""


@dataclass(frozen=True)
class Bladzijde:
    """How many were replaced, how many were written by somebody else meanwhile, whose names or key do not open, and the ref
    to go on after; none at the end.
    """

    vervangen: int
    ingehaald: int
    dicht: Sequence[PersoonRef]
    laatste: UUID | None


class Vervanging:
    """What stands under older versions of the keys, in both databases."""

    def __init__(self, kluis: Kluis, executor: Executor, sleutels: Database) -> None:
        self._kluis = kluis
        self._executor = executor
        self._sleutels = sleutels

    async def bladzijde(self, na: UUID, aantal: int) -> Bladzijde:
        """Replace of the next `aantal` records after a ref what is older than the active keys.

        The base first: as long as the record says the older version, it will be looked at again.
        """
        actief = {soort.value: self._kluis.actief(soort) for soort in Sleutelsoort}
        oud = await self._sleutels.rows(_OLD, na=na, aantal=aantal, **actief)
        nieuw, indexen, dicht = [], dict[UUID, Index](), []
        for rij in oud:
            try:
                nieuw.append(self._vervang(rij, indexen))
            except KluisError:
                dicht.append(rij.persoon_ref)
        await self._executor.execute(self._indexeer, None, [each["persoon_ref"] for each in nieuw], indexen)
        vervangen = await self._sleutels.execute(_WRAP, **columns_of(_new, nieuw))
        laatste = oud[-1].persoon_ref if len(oud) == aantal else None
        return Bladzijde(vervangen, len(nieuw) - vervangen, dicht, laatste)

    def _vervang(self, rij: Row, indexen: dict[UUID, Index]) -> Mapping[str, Any]:
        """The record as it is to be; the indexes of the youth and his parents are added to `indexen`."""
        ref = rij.persoon_ref
        sleutel_ = self._kluis.pak_uit(ref, rij.sleutel, rij.kekversie)
        namen = self._kluis.namen(ref, rij.namen, rij.kekversie)
        index = self._kluis.index(namen.jeugdige, rij.indexversie)
        indexen |= {ref: index, **{ouder: self._kluis.index(bsn) for ouder, bsn in namen.ouders.items()}}
        return {
            "persoon_ref": ref,
            "gezien": rij.sleutel,
            "bsn_index": index.waarde,
            "indexversie": index.versie,
            **vars(self._kluis.pak_in(ref, sleutel_, namen, rij.kekversie)),
        }

    async def _indexeer(self, work: UnitOfWork, jeugdigen: Collection[UUID], indexen: Mapping[UUID, Index]) -> None:
        # In the order of whoever stores a youth: he, then his parents.
        await work.rows(_LOCK, refs=list(jeugdigen))
        await work.rows(_LOCK, refs=list(indexen.keys() - set(jeugdigen)))
        given = [
            {"persoon_ref": ref, "bsn_index": index.waarde, "sleutelversie": index.versie}
            for ref, index in indexen.items()
        ]
        await work.execute(_INDEX, **columns_of(verwijzing, given, _INDEXED))

    def oude(self) -> Sequence[tuple[Sleutelsoort, int]]:
        """The versions in the key file that are not active."""
        kluis = self._kluis
        return [
            (soort, each) for soort in Sleutelsoort for each in sorted(kluis.versies(soort) - {kluis.actief(soort)})
        ]

    async def gebruik(self) -> Mapping[tuple[Sleutelsoort, int], Counter[str]]:
        """By kind and version of key what stands under it: how many of `jeugdige` and `ouder` in the base, of `sleutel`."""
        found: dict[tuple[Sleutelsoort, int], Counter[str]] = defaultdict(Counter)
        for rij in await self._executor.execute(_rows, ZELF, _ROWS):
            found[Sleutelsoort.HMAC, rij.versie][rij.soort] += rij.aantal
        for soort, statement in _RECORDS.items():
            for rij in await self._sleutels.rows(statement):
                found[soort, rij.versie]["sleutel"] += rij.aantal
        return found

    async def compleet(self) -> None:
        """See that the key file holds each version that is used.

        Raises:
            OntbreektError: it does not.
        """
        gebruikt = [(Sleutelsoort.HMAC, rij.versie) for rij in await self._executor.execute(_rows, ZELF, _USED)]
        for soort, statement in _USED_APART.items():
            gebruikt += [(soort, rij.versie) for rij in await self._sleutels.rows(statement)]
        for soort, versie in gebruikt:
            if versie not in self._kluis.versies(soort):
                log.error("sleutelversie_ontbreekt", soort=soort.value, versie=versie)
                raise OntbreektError


async def _rows(work: UnitOfWork, statement: Statement) -> Sequence[Row]:
    return await work.rows(statement)
