"""A database in memory that behaves as PostgreSQL does under READ COMMITTED, as far as the handlers rely on it.

What a statement reads committed before it began, or is its transaction's own; a row that another transaction changed,
locked or inserted is waited for; who would wait in a circle fails as in a deadlock. `test_geheugen_*.py` put the same
questions to this and to PostgreSQL.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Protocol

import asyncpg

TABELLEN = ("matchsleutel", "signaal", "persoon", "ouder", "match", "inbox", "outbox", "dead_letter", "audit")
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
        self.nummers = count(1)
        self.gelukt: set[str] = set()

    def database(self, eigenaar: Any = None) -> "Database":
        """What an executor takes for a database."""
        return Database(self, eigenaar)

    def werd(self, nummer: str) -> str:
        """What became of the transaction with this number."""
        if any(each.nummer == nummer for each in self.open):
            return "in progress"
        return "committed" if nummer in self.gelukt else "aborted"


class Database:
    """As platformkit's, for one process."""

    def __init__(self, geheugen: Geheugen, eigenaar: Any) -> None:
        self._geheugen = geheugen
        self._eigenaar = eigenaar

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transactie"]:
        """A transaction that commits when its block ends well."""
        transactie = Transactie(self._geheugen, self._eigenaar)
        try:
            await transactie.start()
            yield transactie
            await transactie.commit()
        finally:
            transactie.beeindig()


class Transactie:
    """One transaction on a connection of its own; what it reads and writes, the repositories and the ledger say."""

    def __init__(self, geheugen: Geheugen, eigenaar: Any) -> None:
        self.geheugen = geheugen
        self.eigenaar = eigenaar
        self.nummer = str(next(geheugen.nummers))
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

    def beeindig(self) -> None:
        """Roll back unless it has ended; when the process was killed the server finds out in its own time."""
        if self.eigenaar is None or self.eigenaar.leeft:
            self.rol_terug()

    async def statement(self, wat: str) -> None:
        """Begin a statement: what is committed now is what it sees."""
        await self.geheugen.beurten.beurt()
        self._verbonden()
        self.geheugen.lot(self, wat)

    def _verbonden(self) -> None:
        if self.klaar:
            raise asyncpg.ConnectionDoesNotExistError

    def leg_vast(self) -> None:
        """Commit: visible at once to every statement that begins later."""
        tabellen = self.geheugen.tabellen
        for tabel, rijen in self.eigen.items():
            for sleutel, rij in rijen.items():
                if rij is None:
                    tabellen[tabel].pop(sleutel, None)
                else:
                    tabellen[tabel][sleutel] = rij
        self.geheugen.gelukt.add(self.nummer)
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
                raise asyncpg.DeadlockDetectedError
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
            raise asyncpg.LockNotAvailableError
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


def _in_een_kring(begin: Transactie) -> bool:
    volgende = begin.wacht
    while volgende is not None and volgende is not begin:
        volgende = volgende.wacht
    return volgende is begin
