"""Signals, youths and parents as last told by their owners. A version only rises (D4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import delete, select

from contracts.base import OuderRef, PersoonRef, SignaalId
from contracts.signaal import SignaalReden
from match.adapters.db.tables import ouder, persoon, signaal
from match.domain.regie import Deelname
from match.domain.signaal import (
    Kandidaat,
    Ouderband,
    Persoonstand,
    PersoonStatus,
    Signaalstand,
    SignaalStatus,
)
from platformkit.db.sets import constant, insert_rows, one_of
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import Projection

_SIGNALEN: Final = Projection(signaal)
_PERSONEN: Final = Projection(persoon)
_OUDERS = select(*(ouder.c[naam] for naam in Ouderband._fields))
_OUDERS_VAN: Final = Statement(_OUDERS.where(one_of(ouder.c.persoon_ref, "jeugdigen")))
_KINDEREN: Final = Statement(_OUDERS.where(one_of(ouder.c.ouder_ref, "ouders")))
# As its partial index, which is small: nearly all youths live.
_NIET_IN_LEVEN = persoon.c.status != constant(PersoonStatus.IN_LEVEN)
_NIET_IN_LEVEN_VAN: Final = Statement(
    select(persoon.c.persoon_ref, persoon.c.status).where(one_of(persoon.c.persoon_ref, "jeugdigen"), _NIET_IN_LEVEN)
)
_ONJUISTE_OUDERS: Final = Statement(
    select(persoon.c.persoon_ref, persoon.c.ouders_onjuist).where(
        one_of(persoon.c.persoon_ref, "jeugdigen"), persoon.c.ouders_onjuist.is_not(None)
    )
)
# A look-up for each: for a join the planner would rather read the whole table.
_PERSOON = (
    select(persoon.c.status)
    .where(persoon.c.persoon_ref == signaal.c.persoon_ref, _NIET_IN_LEVEN)
    .scalar_subquery()
    .label("persoon")
)
# Candidates only, for the partial index; which ones count is the rule `telt_mee`.
_KANDIDAAT = (one_of(signaal.c.persoon_ref, "jeugdigen"), signaal.c.status == constant(SignaalStatus.ACTIEF))
_SIGNALEN_VAN: Final = Statement(
    select(*(signaal.c[naam] for naam in Kandidaat._fields if naam != "persoon"), _PERSOON).where(*_KANDIDAAT)
)
_DEELNAMES: Final = Statement(
    select(signaal.c.organisatiesoort, signaal.c.status, signaal.c.einddatum, _PERSOON).where(*_KANDIDAAT)
)
_OUDERS_WEG: Final = Statement(delete(ouder).where(one_of(ouder.c.persoon_ref, "jeugdigen")))
_OUDERS_ERBIJ: Final = Statement(insert_rows(ouder))
_SIGNALEN_MET_ID: Final = Statement(select(signaal).where(one_of(signaal.c.signaal_id, "ids")))

# By name, as a keyword for each column is, in two thirds of the time: no column can take another one's place.
_BAND = itemgetter(*Ouderband._fields)
_KANDIDAAT_VAN = itemgetter(*(naam for naam in Kandidaat._fields if naam not in {"status", "persoon"}))
# What is a code in the table: looked up, in a fifth of the time that asking the enumeration takes.
_STATUS: Final = {str(each): each for each in SignaalStatus}
_PERSOON_STATUS: Final = {str(each): each for each in PersoonStatus}


class PostgresProjectieRepository:
    """See `match.application.ports.ProjectieRepository`."""

    async def ouders(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> list[Ouderband]:
        return [Ouderband._make(_BAND(rij)) for rij in await work.rows(_OUDERS_VAN, jeugdigen=list(jeugdigen))]

    async def kinderen(self, work: UnitOfWork, ouders: Collection[OuderRef]) -> list[Ouderband]:
        if not ouders:
            return []
        return [Ouderband._make(_BAND(rij)) for rij in await work.rows(_KINDEREN, ouders=list(ouders))]

    async def signalen(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> list[Kandidaat]:
        gevonden = await work.rows(_SIGNALEN_VAN, jeugdigen=list(jeugdigen))
        return [_kandidaat(rij) for rij in gevonden]

    async def deelnames(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Deelname]:
        gevonden = await work.rows(_DEELNAMES, jeugdigen=list(jeugdigen))
        return [
            Deelname(rij.organisatiesoort, _STATUS[rij.status], rij.einddatum, _PERSOON_STATUS.get(rij.persoon))
            for rij in gevonden
        ]

    async def signalen_met_id(self, work: UnitOfWork, ids: Collection[SignaalId]) -> Mapping[SignaalId, Signaalstand]:
        return {rij.signaal_id: _stand(rij) for rij in await work.rows(_SIGNALEN_MET_ID, ids=list(ids))}

    async def personen(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Mapping[PersoonRef, PersoonStatus]:
        gevonden = await work.rows(_NIET_IN_LEVEN_VAN, jeugdigen=list(jeugdigen))
        return {rij.persoon_ref: PersoonStatus(rij.status) for rij in gevonden}

    async def onjuiste_ouders(
        self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]
    ) -> Mapping[PersoonRef, frozenset[OuderRef]]:
        gevonden = await work.rows(_ONJUISTE_OUDERS, jeugdigen=list(jeugdigen))
        return {rij.persoon_ref: frozenset(map(OuderRef, rij.ouders_onjuist)) for rij in gevonden}

    async def werk_signalen_bij(
        self, work: UnitOfWork, signalen: Collection[Signaalstand]
    ) -> Mapping[SignaalId, Signaalstand | None]:
        vorige = await _SIGNALEN.store(work, [each._asdict() for each in signalen])
        return {SignaalId(each): _stand(oud) if oud is not None else None for each, oud in vorige.items()}

    async def werk_personen_bij(self, work: UnitOfWork, personen: Collection[Persoonstand]) -> set[PersoonRef]:
        rijen = [{**each._asdict(), "ouders_onjuist": each.ouders_onjuist or None} for each in personen]
        return set(map(PersoonRef, await _PERSONEN.store(work, rijen)))

    async def vervang_ouders(
        self, work: UnitOfWork, jeugdigen: Collection[PersoonRef], banden: Iterable[Ouderband]
    ) -> None:
        if not jeugdigen:
            return
        await work.execute(_OUDERS_WEG, jeugdigen=list(jeugdigen))
        # By the names of its fields, which are the columns, in a quarter of the time of a mapping for each.
        if kolommen := dict(zip(Ouderband._fields, zip(*banden, strict=True), strict=False)):
            await work.execute(_OUDERS_ERBIJ, **kolommen)


def _kandidaat(rij: Row) -> Kandidaat:
    status, persoon = _STATUS[rij["status"]], _PERSOON_STATUS.get(rij["persoon"])
    # To the type checker a star gives every field.
    return Kandidaat(*_KANDIDAAT_VAN(rij), status=status, persoon=persoon)  # type: ignore[misc]


def _stand(rij: Any) -> Signaalstand:
    return Signaalstand(
        **{
            **rij,
            "status": SignaalStatus(rij["status"]),
            "reden": SignaalReden(rij["reden"]) if rij["reden"] else None,
        }
    )
