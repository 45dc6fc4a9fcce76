"""A database in memory that behaves as PostgreSQL does under READ COMMITTED, as far as the handlers rely on it.

What a statement reads committed before it began, or is its transaction's own; a row that another transaction changed,
locked or inserted is waited for; who would wait in a circle fails as in a deadlock. `test_geheugen_*.py` put the same
questions to this and to PostgreSQL.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Delete, Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError

from platformkit import executor
from platformkit.db.engine import Transactions
from platformkit.db.prepared import Prepared
from platformkit.db.tables import audit, outbox

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
        """The statements of platformkit that tell and record, and that let an event through once."""
        gegeven = dict(zip(_VAN_PLATFORM[tekst].names, argumenten, strict=True))
        if tekst == executor._HANDLE.text:
            return await self._laat_door(gegeven["consumer"], gegeven["event_id"])
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

    async def execute(self, statement: Insert | Delete) -> None:
        """The statements of platformkit that SQLAlchemy carries out: dead letters."""
        tabel = statement.table.name
        await self.statement(tabel)
        if isinstance(statement, Delete):
            weg = {each for waarde in _parameters(statement).values() if isinstance(waarde, list) for each in waarde}
            for sleutel, rij in list(self.geheugen.tabellen[tabel].items()):
                if rij.key in weg or rij.headers["ce_subject"] in weg:
                    await self.houd(tabel, sleutel)
                    self.schrijf(tabel, sleutel, None)
        elif tabel == "dead_letter":
            rij = SimpleNamespace(**_parameters(statement))
            await self.voeg_toe(tabel, (rij.consumer, rij.topic, rij.partition, rij.offset), rij)
        else:
            raise NotImplementedError(tabel)

    async def _laat_door(self, wie: str, ids: Sequence[str]) -> list[tuple[str]]:
        await self.statement("inbox")
        nieuw = [(each,) for each in ids if await self.voeg_toe("inbox", (wie, each), True)]
        self.geheugen.telling["duplicate"] += len(ids) - len(nieuw)
        return nieuw

    async def _schrijf_rijen(self, tabel: str, kolommen: Mapping[str, Sequence[Any]]) -> None:
        await self.statement(tabel)
        for waarden in zip(*kolommen.values(), strict=True):
            # A position is taken at insertion, so that a lower one may become visible later.
            rij = SimpleNamespace(position=next(self.geheugen.posities), **dict(zip(kolommen, waarden, strict=True)))
            if tabel == outbox.name:
                rij.headers = json.loads(rij.headers)
            self.schrijf(tabel, rij.position, rij)


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
