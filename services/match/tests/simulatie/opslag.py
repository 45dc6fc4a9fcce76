"""The ports of match on the database in memory: what `match.adapters.db` asks of PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from services.match.tests.simulatie.geheugen import Rij, Transactie, fout

from contracts.match import MatchReden, MatchStatus
from match.application.ports import Opslag, PersoonRij, SignaalRij
from match.domain.match import Match
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus
from platformkit.executor import UnitOfWork


class Sleutels:
    """As `match.adapters.db.sleutels`."""

    def __init__(self, transactie: Transactie) -> None:
        self._transactie = transactie

    async def jeugdigen(self, refs: Collection[UUID]) -> None:
        await self._vergrendel("jeugdige", refs)

    async def ouders(self, refs: Collection[UUID]) -> None:
        await self._vergrendel("ouder", refs)

    async def _vergrendel(self, soort: str, refs: Collection[UUID]) -> None:
        if not refs:
            return
        t = self._transactie
        sleutels = [(soort, ref) for ref in sorted(set(refs))]
        await t.statement("matchsleutel, lock")
        gezien = [each for each in sleutels if t.rij("matchsleutel", each)]
        for sleutel in gezien:
            await t.houd("matchsleutel", sleutel)
        onbekend = [each for each in sleutels if each not in gezien]
        if not onbekend:
            return
        await t.statement("matchsleutel, new")
        anderen = [each for each in onbekend if not await t.voeg_toe("matchsleutel", each, True)]
        if anderen:
            await t.statement("matchsleutel, lock at once")
            for sleutel in anderen:
                t.houd_meteen("matchsleutel", sleutel)


class Projectie:
    """As `match.adapters.db.projectie`."""

    def __init__(self, transactie: Transactie) -> None:
        self._transactie = transactie

    async def ouders(self, jeugdigen: Collection[UUID]) -> list[Ouderband]:
        await self._transactie.statement("parents of")
        return [band for band in self._transactie.rijen("ouder") if band.persoon_ref in jeugdigen]

    async def kinderen(self, ouders: Collection[UUID]) -> list[Ouderband]:
        if not ouders:
            return []
        await self._transactie.statement("children of")
        return [band for band in self._transactie.rijen("ouder") if band.ouder_ref in ouders]

    async def signalen(self, jeugdigen: Collection[UUID]) -> list[Signaal]:
        await self._transactie.statement("signals on")
        personen = self._niet_in_leven(jeugdigen)
        return [
            Signaal._make((s.signaal_id, *s[2:12], personen.get(s.persoon_ref)))
            for s in self._transactie.rijen("signaal")
            if s.persoon_ref in jeugdigen and s.status == SignaalStatus.ACTIEF
        ]

    async def signalen_met_id(self, ids: Collection[UUID]) -> Mapping[UUID, SignaalRij]:
        await self._transactie.statement("signaal by id")
        return self._met_sleutel("signaal", ids)

    async def personen(self, jeugdigen: Collection[UUID]) -> Mapping[UUID, PersoonStatus]:
        await self._transactie.statement("persoon by id")
        return self._niet_in_leven(jeugdigen)

    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> Mapping[UUID, SignaalRij | None]:
        return await self._nieuwere("signaal", signalen)

    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]:
        return set(await self._nieuwere("persoon", personen))

    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None:
        if not jeugdigen:
            return
        t = self._transactie
        await t.statement("parents, delete")
        for oud in [band[:2] for band in t.rijen("ouder") if band.persoon_ref in jeugdigen]:
            await t.houd("ouder", oud)
            t.schrijf("ouder", oud, None)
        await t.statement("parents, insert")
        for band in sorted(banden):  # a set of them has another order in every process
            if not await t.voeg_toe("ouder", band[:2], band):
                raise fout(asyncpg.UniqueViolationError())

    def _niet_in_leven(self, jeugdigen: Collection[UUID]) -> dict[UUID, PersoonStatus]:
        personen = self._met_sleutel("persoon", jeugdigen)
        return {ref: rij.status for ref, rij in personen.items() if rij.status != PersoonStatus.IN_LEVEN}

    def _met_sleutel(self, tabel: str, sleutels: Collection[UUID]) -> dict[UUID, Rij]:
        gevonden = ((each, self._transactie.rij(tabel, each)) for each in sleutels)
        return {sleutel: rij for sleutel, rij in gevonden if rij is not None}

    async def _nieuwere(self, tabel: str, rijen: Collection[SignaalRij] | Collection[PersoonRij]) -> dict[UUID, Rij]:
        """On conflict update where the version is lower: sees the newest committed row, which it holds in any case."""
        if not rijen:
            return {}
        t = self._transactie
        await t.statement(f"{tabel}, upsert")
        bijgewerkt = {}
        for rij in rijen:
            await t.houd(tabel, rij[0])
            oud = t.rij(tabel, rij[0])
            if oud is None or oud.versie < rij.versie:
                t.schrijf(tabel, rij[0], rij)
                bijgewerkt[rij[0]] = oud
        return bijgewerkt


class Matches:
    """As `match.adapters.db.matches`."""

    def __init__(self, transactie: Transactie) -> None:
        self._transactie = transactie

    async def van(self, signalen: Collection[UUID]) -> list[Match]:
        if not signalen:
            return []
        await self._transactie.statement("matches of")
        return [m for m in self._transactie.rijen("match") if m.signaal_a in signalen or m.signaal_b in signalen]

    async def met_id(self, ids: Collection[UUID]) -> list[Match]:
        if not ids:
            return []
        await self._transactie.statement("matches by id")
        return [m for each in ids if (m := self._transactie.rij("match", each)) is not None]

    async def verlopen(self, vandaag: date, aantal: int) -> list[Match]:
        await self._transactie.statement("matches that passed")
        verlopen = sorted((m for m in self._actief() if m.einddatum <= vandaag), key=lambda m: m.einddatum)
        return verlopen[:aantal]

    async def ids_na(self, na: UUID | None, aantal: int) -> list[UUID]:
        await self._transactie.statement("ids of matches")
        ids = sorted(m.match_id for m in self._transactie.rijen("match"))
        return [each for each in ids if na is None or each > na][:aantal]

    async def beeindigd_voor(self, signalen: Collection[UUID]) -> list[Match]:
        if not signalen:
            return []
        t = self._transactie
        await t.statement("ended matches of")
        gevonden = []
        for m in sorted(t.rijen("match"), key=lambda m: m.match_id):
            if _was_anders_voorbij(m) and {m.signaal_a, m.signaal_b} & set(signalen):
                await t.houd("match", m.match_id)
                nu = t.rij("match", m.match_id)
                gevonden += [nu] if _was_anders_voorbij(nu) else []
        return gevonden

    async def bewaar(self, matches: Collection[Match]) -> None:
        if not matches:
            return
        await self._transactie.statement("matches, upsert")
        for m in matches:
            await self._transactie.houd("match", m.match_id)
            self._transactie.schrijf("match", m.match_id, m)

    async def generatie(self) -> int:
        await self._transactie.statement("generatie")
        return self._transactie.geheugen.generatie

    def _actief(self) -> Sequence[Match]:
        return [m for m in self._transactie.rijen("match") if m.status == MatchStatus.ACTIEF]


def _was_anders_voorbij(m: Match) -> bool:
    return m.status == MatchStatus.BEEINDIGD and m.reden != MatchReden.SIGNAAL_VERWIJDERD


def opslag(work: UnitOfWork) -> Opslag:
    """As `match.adapters.db.opslag`."""
    transactie: Any = work.connection
    return Opslag(Sleutels(transactie), Projectie(transactie), Matches(transactie))
