"""The ports of match on the database in memory: what `match.adapters.db` asks of PostgreSQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.match.tests.simulatie.geheugen import Rij, Transactie

from contracts.match import MatchReden, MatchStatus
from match.application.ports import Opslag
from match.domain.match import Match
from match.domain.regie import Deelname
from match.domain.signaal import Kandidaat, Ouderband, Persoonstand, PersoonStatus, Signaalstand, SignaalStatus
from platformkit.errors import ConstraintError
from platformkit.executor import UnitOfWork

ID = {"signaal": "signaal_id", "persoon": "persoon_ref"}
"""The primary key of each projection."""


class Sleutels:
    """As `match.adapters.db.sleutels`."""

    async def jeugdigen(self, work: UnitOfWork, refs: Collection[UUID]) -> None:
        await self._vergrendel(work, "jeugdige", refs)

    async def ouders(self, work: UnitOfWork, refs: Collection[UUID]) -> None:
        await self._vergrendel(work, "ouder", refs)

    async def _vergrendel(self, work: UnitOfWork, soort: str, refs: Collection[UUID]) -> None:
        if not refs:
            return
        t = _t(work)
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

    async def ouders(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> list[Ouderband]:
        await _t(work).statement("parents of")
        return [band for band in _t(work).rijen("ouder") if band.persoon_ref in jeugdigen]

    async def kinderen(self, work: UnitOfWork, ouders: Collection[UUID]) -> list[Ouderband]:
        if not ouders:
            return []
        await _t(work).statement("children of")
        return [band for band in _t(work).rijen("ouder") if band.ouder_ref in ouders]

    async def signalen(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> list[Kandidaat]:
        await _t(work).statement("signals on")
        personen = self._niet_in_leven(work, jeugdigen)
        return [
            Kandidaat(
                **{naam: getattr(s, naam) for naam in Kandidaat._fields if naam != "persoon"},
                persoon=personen.get(s.persoon_ref),
            )
            for s in _t(work).rijen("signaal")
            if s.persoon_ref in jeugdigen and s.status == SignaalStatus.ACTIEF
        ]

    async def deelnames(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> list[Deelname]:
        return [
            Deelname(s.organisatiesoort, s.status, s.einddatum, s.persoon) for s in await self.signalen(work, jeugdigen)
        ]

    async def signalen_met_id(self, work: UnitOfWork, ids: Collection[UUID]) -> Mapping[UUID, Signaalstand]:
        await _t(work).statement("signaal by id")
        return self._met_sleutel(work, "signaal", ids)

    async def personen(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> Mapping[UUID, PersoonStatus]:
        await _t(work).statement("persoon by id")
        return self._niet_in_leven(work, jeugdigen)

    async def onjuiste_ouders(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
        await _t(work).statement("former parents that never were")
        personen = self._met_sleutel(work, "persoon", jeugdigen)
        return {ref: frozenset(rij.ouders_onjuist) for ref, rij in personen.items() if rij.ouders_onjuist}

    async def werk_signalen_bij(
        self, work: UnitOfWork, signalen: Collection[Signaalstand]
    ) -> Mapping[UUID, Signaalstand | None]:
        return await self._nieuwere(work, "signaal", signalen)

    async def werk_personen_bij(self, work: UnitOfWork, personen: Collection[Persoonstand]) -> set[UUID]:
        return set(await self._nieuwere(work, "persoon", personen))

    async def vervang_ouders(self, work: UnitOfWork, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None:
        if not jeugdigen:
            return
        t = _t(work)
        await t.statement("parents, delete")
        for oud in [_sleutel(band) for band in t.rijen("ouder") if band.persoon_ref in jeugdigen]:
            await t.houd("ouder", oud)
            t.schrijf("ouder", oud, None)
        await t.statement("parents, insert")
        for band in sorted(banden):  # a set of them has another order in every process
            if not await t.voeg_toe("ouder", _sleutel(band), band):
                raise ConstraintError("ouder_pkey")

    def _niet_in_leven(self, work: UnitOfWork, jeugdigen: Collection[UUID]) -> dict[UUID, PersoonStatus]:
        personen = self._met_sleutel(work, "persoon", jeugdigen)
        return {ref: rij.status for ref, rij in personen.items() if rij.status != PersoonStatus.IN_LEVEN}

    def _met_sleutel(self, work: UnitOfWork, tabel: str, sleutels: Collection[UUID]) -> dict[UUID, Rij]:
        gevonden = ((each, _t(work).rij(tabel, each)) for each in sleutels)
        return {sleutel: rij for sleutel, rij in gevonden if rij is not None}

    async def _nieuwere(
        self, work: UnitOfWork, tabel: str, rijen: Collection[Signaalstand] | Collection[Persoonstand]
    ) -> dict[UUID, Rij]:
        """On conflict update where the version is lower: sees the newest committed row, which it holds in any case."""
        if not rijen:
            return {}
        t = _t(work)
        await t.statement(f"{tabel}, upsert")
        bijgewerkt = {}
        for rij in rijen:
            sleutel = getattr(rij, ID[tabel])
            await t.houd(tabel, sleutel)
            oud = t.rij(tabel, sleutel)
            if oud is None or oud.versie < rij.versie:
                t.schrijf(tabel, sleutel, rij)
                bijgewerkt[sleutel] = oud
        return bijgewerkt


class Matches:
    """As `match.adapters.db.matches`."""

    async def van(self, work: UnitOfWork, signalen: Collection[UUID]) -> list[Match]:
        if not signalen:
            return []
        await _t(work).statement("matches of")
        return [m for m in _t(work).rijen("match") if m.signaal_a in signalen or m.signaal_b in signalen]

    async def met_id(self, work: UnitOfWork, ids: Collection[UUID]) -> list[Match]:
        if not ids:
            return []
        await _t(work).statement("matches by id")
        return [m for each in ids if (m := _t(work).rij("match", each)) is not None]

    async def verlopen(self, work: UnitOfWork, aantal: int) -> list[Match]:
        await _t(work).statement("matches that passed")
        verlopen = sorted((m for m in _actief(work) if m.einddatum <= work.today), key=lambda m: m.einddatum)
        return verlopen[:aantal]

    async def ids_na(self, work: UnitOfWork, na: UUID | None, aantal: int) -> list[UUID]:
        await _t(work).statement("ids of matches")
        ids = sorted(m.match_id for m in _t(work).rijen("match"))
        return [each for each in ids if na is None or each > na][:aantal]

    async def beeindigd_voor(self, work: UnitOfWork, signalen: Collection[UUID]) -> list[Match]:
        if not signalen:
            return []
        t = _t(work)
        await t.statement("ended matches of")
        gevonden = []
        for m in sorted(t.rijen("match"), key=lambda m: m.match_id):
            if _was_anders_voorbij(m) and {m.signaal_a, m.signaal_b} & set(signalen):
                await t.houd("match", m.match_id)
                nu = t.rij("match", m.match_id)
                gevonden += [nu] if _was_anders_voorbij(nu) else []
        return gevonden

    async def bewaar(self, work: UnitOfWork, matches: Collection[Match]) -> None:
        if not matches:
            return
        await _t(work).statement("matches, upsert")
        for m in matches:
            await _t(work).houd("match", m.match_id)
            _t(work).schrijf("match", m.match_id, m)

    async def generatie(self, work: UnitOfWork) -> int:
        await _t(work).statement("generatie")
        return _t(work).geheugen.generatie


def _sleutel(band: Ouderband) -> tuple[UUID, UUID]:
    return band.persoon_ref, band.ouder_ref


def _t(work: UnitOfWork) -> Transactie:
    transactie: Any = work.connection
    return transactie


def _actief(work: UnitOfWork) -> Sequence[Match]:
    return [m for m in _t(work).rijen("match") if m.status == MatchStatus.ACTIEF]


def _was_anders_voorbij(m: Match) -> bool:
    return m.status == MatchStatus.BEEINDIGD and m.reden != MatchReden.SIGNAAL_VERWIJDERD


OPSLAG = Opslag(Sleutels(), Projectie(), Matches())
"""As in the bootstrap of match."""
