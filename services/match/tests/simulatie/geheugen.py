"""A database in memory that behaves as PostgreSQL does under READ COMMITTED, as far as the handlers rely on it.

What a statement reads committed before it began, or is its transaction's own; a row that another transaction changed,
locked or inserted is waited for; who would wait in a circle fails as in a deadlock. `test_geheugen.py` puts the same
questions to this and to PostgreSQL.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from itertools import count
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import Delete, Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError

from contracts.match import MatchReden, MatchStatus
from match.application.ports import Opslag, PersoonRij, SignaalRij
from match.domain.match import Match
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus
from platformkit import executor
from platformkit.db.engine import Transactions
from platformkit.db.prepared import Prepared
from platformkit.db.tables import audit, outbox
from platformkit.executor import UnitOfWork

TABELLEN = ("matchsleutel", "signaal", "persoon", "ouder", "match", "inbox", "outbox", "dead_letter", "audit")
_DIALECT = postgresql.dialect()
_VAN_PLATFORM = {each.text: each for each in vars(executor).values() if isinstance(each, Prepared)}
Rij = Any
Sleutel = Any


class Beurten(Protocol):
    """Where a statement lets others go on: the simulation's scheduler, or asyncio."""

    async def beurt(self) -> None: ...
    async def wacht_op(self, transactie: "Transactie") -> None: ...


class Geheugen:
    """What is committed, and who holds which rows."""

    def __init__(self, beurten: Beurten) -> None:
        self.beurten = beurten
        self.tabellen: dict[str, dict[Sleutel, Rij]] = {naam: {} for naam in TABELLEN}
        self.houders: dict[tuple[str, Sleutel], Transactie] = {}
        self.generatie = 1
        self.posities = count(1)
        self.telling: Counter[str] = Counter()
        self.lot: Callable[[Transactie, str], None] = lambda _transactie, _wat: None
        """Asked before every statement: raises what goes wrong there."""
        self.vastgelegd: Callable[[Transactie], None] = lambda _transactie: None
        """Told of every commit, when it has just become visible."""
        self.open: list[Transactie] = []

    def engine(self, eigenaar: Any = None) -> "Engine":
        """What an executor takes for an engine."""
        return Engine(self, eigenaar)


class Engine:
    """As SQLAlchemy's, for one process."""

    def __init__(self, geheugen: Geheugen, eigenaar: Any) -> None:
        self.geheugen = geheugen
        self.eigenaar = eigenaar

    def execution_options(self, **_opties: object) -> "Engine":
        """Those for whom the driver begins its transactions."""
        return self

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Transactie"]:
        """A connection, for one transaction."""
        yield Transactie(self.geheugen, self.eigenaar)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["Transactie"]:
        """A transaction that commits when its block ends well."""
        async with Transactions(self).begin() as transactie:  # type: ignore[arg-type]
            yield transactie  # type: ignore[misc]


class Transactie:
    """One transaction on a connection of its own; plays AsyncConnection and the driver for the platform's statements."""

    def __init__(self, geheugen: Geheugen, eigenaar: Any) -> None:
        self.geheugen = geheugen
        self.eigenaar = eigenaar
        self.eigen: dict[str, dict[Sleutel, Rij]] = {}
        self.gehouden: list[tuple[str, Sleutel]] = []
        self.wacht: Transactie | None = None
        self.klaar = False
        self.in_commit = False
        self.opnieuw_verteld = False
        self.notities: list[Any] = []
        """What a test wants to know of it once it has committed."""

    def __repr__(self) -> str:
        return f"transaction of {self.eigenaar}"

    @property
    def sync_connection(self) -> Any:
        """The way down to the driver."""
        return SimpleNamespace(connection=SimpleNamespace(driver_connection=self))

    def transaction(self) -> "Transactie":
        """Of the driver."""
        return self

    async def start(self) -> None:
        """Begin."""
        await self.statement("begin")
        self.geheugen.open.append(self)

    async def commit(self) -> None:
        """End well, or not."""
        self.in_commit = True
        await self.statement("commit")
        self.leg_vast()
        # The answer may be lost though the commit was not.
        self.geheugen.lot(self, "committed")

    async def rollback(self) -> None:
        """End without a trace."""
        self.terminate()

    def terminate(self) -> None:
        """As a roll-back; when the process was killed the server finds out in its own time."""
        if self.eigenaar is None or self.eigenaar.leeft:
            self.rol_terug()

    def is_closed(self) -> bool:
        """What fails here says so by itself."""
        return False

    def is_in_transaction(self) -> bool:
        """As long as it lives."""
        return True

    async def fetch(self, tekst: str, *argumenten: Any, record_class: object) -> list[Any]:
        """The statements of platformkit that tell and record."""
        gegeven = dict(zip(_VAN_PLATFORM[tekst].names, argumenten, strict=True))
        for tabel in (outbox, audit):
            if kolommen := [each.name for each in tabel.c if each.name in gegeven]:
                await self._schrijf_rijen(tabel.name, {naam: gegeven[naam] for naam in kolommen})
        return []

    async def statement(self, wat: str) -> None:
        """Begin a statement: what is committed now is what it sees."""
        await self.geheugen.beurten.beurt()
        self._verbonden()
        self.geheugen.lot(self, wat)

    def _verbonden(self) -> None:
        if self.klaar:
            raise fout(asyncpg.ConnectionDoesNotExistError())

    def leg_vast(self) -> None:
        """Commit: visible at once to every statement that begins later."""
        tabellen = self.geheugen.tabellen
        for tabel, rijen in self.eigen.items():
            for sleutel, rij in rijen.items():
                if rij is None:
                    tabellen[tabel].pop(sleutel, None)
                else:
                    tabellen[tabel][sleutel] = rij
        self._einde()
        self.geheugen.vastgelegd(self)

    def rol_terug(self) -> None:
        """Leave no trace."""
        if not self.klaar:
            self._einde()

    def _einde(self) -> None:
        for plaats in self.gehouden:
            del self.geheugen.houders[plaats]
        self.klaar = True
        if self in self.geheugen.open:
            self.geheugen.open.remove(self)

    def rij(self, tabel: str, sleutel: Sleutel) -> Rij | None:
        """A row as it stands: own, else committed."""
        eigen = self.eigen.get(tabel)
        if eigen is not None and sleutel in eigen:
            return eigen[sleutel]
        return self.geheugen.tabellen[tabel].get(sleutel)

    def rijen(self, tabel: str) -> list[Rij]:
        """All rows as they stand."""
        vast, eigen = self.geheugen.tabellen[tabel], self.eigen.get(tabel)
        return [rij for rij in ({**vast, **eigen} if eigen else vast).values() if rij is not None]

    def schrijf(self, tabel: str, sleutel: Sleutel, rij: Rij | None) -> None:
        """Change a row that is held; None deletes it."""
        self.eigen.setdefault(tabel, {})[sleutel] = rij

    async def vrij(self, tabel: str, sleutel: Sleutel) -> None:
        """Wait until no other transaction holds the row; one that does not exist is held by who is inserting it."""
        await self.geheugen.beurten.beurt()
        houders = self.geheugen.houders
        while (houder := houders.get((tabel, sleutel), self)) is not self:
            self.geheugen.telling["waited for a lock"] += 1
            self.wacht = houder
            if _in_een_kring(self):
                self.wacht = None
                raise fout(asyncpg.DeadlockDetectedError())
            await self.geheugen.beurten.wacht_op(houder)
            self.wacht = None
        self._verbonden()

    async def houd(self, tabel: str, sleutel: Sleutel) -> None:
        """Hold a row until the end of the transaction."""
        await self.vrij(tabel, sleutel)
        self._neem(tabel, sleutel)

    def houd_meteen(self, tabel: str, sleutel: Sleutel) -> None:
        """Hold a row, or fail when another one does (nowait)."""
        if self.geheugen.houders.get((tabel, sleutel), self) is not self:
            self.geheugen.telling["did not wait for a lock"] += 1
            raise fout(asyncpg.LockNotAvailableError())
        self._neem(tabel, sleutel)

    def _neem(self, tabel: str, sleutel: Sleutel) -> None:
        if (tabel, sleutel) not in self.geheugen.houders:
            self.geheugen.houders[tabel, sleutel] = self
            self.gehouden.append((tabel, sleutel))

    async def voeg_toe(self, tabel: str, sleutel: Sleutel, rij: Rij) -> bool:
        """Insert, or do nothing when it is there (on conflict do nothing); whether it was inserted."""
        if self.rij(tabel, sleutel) is None:
            await self.vrij(tabel, sleutel)
        if self.rij(tabel, sleutel) is not None:
            return False
        self._neem(tabel, sleutel)
        self.schrijf(tabel, sleutel, rij)
        return True

    async def execute(self, statement: Insert | Delete, parameters: Any = None) -> "_Antwoord":
        """The statements of platformkit that SQLAlchemy carries out: inbox, dead letters."""
        tabel = statement.table.name
        await self.statement(tabel)
        if tabel == "inbox":
            wie = parameters["consumer"]
            ids = parameters["event_id"]
            nieuw = [each for each in ids if await self.voeg_toe(tabel, (wie, each), True)]
            self.geheugen.telling["duplicate"] += len(ids) - len(nieuw)
            return _Antwoord(nieuw)
        if isinstance(statement, Delete):
            weg = {each for waarde in _parameters(statement).values() if isinstance(waarde, list) for each in waarde}
            for sleutel, rij in list(self.geheugen.tabellen[tabel].items()):
                if rij.key in weg or rij.headers["ce_subject"] in weg:
                    await self.houd(tabel, sleutel)
                    self.schrijf(tabel, sleutel, None)
            return _Antwoord([])
        if tabel == "dead_letter":
            rij = SimpleNamespace(**_parameters(statement))
            await self.voeg_toe(tabel, (rij.consumer, rij.topic, rij.partition, rij.offset), rij)
            return _Antwoord([])
        raise NotImplementedError(tabel)

    async def _schrijf_rijen(self, tabel: str, kolommen: Mapping[str, Sequence[Any]]) -> None:
        await self.statement(tabel)
        for waarden in zip(*kolommen.values(), strict=True):
            # A position is taken at insertion, so that a lower one may become visible later.
            rij = SimpleNamespace(position=next(self.geheugen.posities), **dict(zip(kolommen, waarden, strict=True)))
            if tabel == outbox.name:
                rij.headers = json.loads(rij.headers)
            self.schrijf(tabel, rij.position, rij)


class _Antwoord(NamedTuple):
    ids: list[str]

    def scalars(self) -> list[str]:
        return self.ids


def _parameters(statement: Insert | Delete) -> Mapping[str, Any]:
    return statement.compile(dialect=_DIALECT).params


def _in_een_kring(begin: Transactie) -> bool:
    volgende = begin.wacht
    while volgende is not None and volgende is not begin:
        volgende = volgende.wacht
    return volgende is begin


def fout(oorzaak: asyncpg.PostgresError) -> DBAPIError:
    """The driver's error as SQLAlchemy hands it on."""
    soort = IntegrityError if isinstance(oorzaak, asyncpg.IntegrityConstraintViolationError) else DBAPIError
    drager = Exception()
    drager.__cause__ = oorzaak
    verbroken = isinstance(oorzaak, asyncpg.PostgresConnectionError)
    return soort("", {}, drager, connection_invalidated=verbroken)


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
