"""The technical tables on the database in memory: what `platformkit.executor.ledger` asks of PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.match.tests.simulatie.geheugen import Transactie

from platformkit.db.sets import Fields
from platformkit.executor.ledger import Ledger, Parked


class LedgerInGeheugen(Ledger):
    """As far as a consumer, a job or a republish asks it."""

    def __init__(self, transactie: Any) -> None:
        super().__init__(transactie)
        self._transactie: Transactie = transactie

    async def write(self, told: Sequence[Fields], recorded: Sequence[Fields]) -> str | None:
        if not told and not recorded:
            return None
        t = self._transactie
        await t.statement("tell and record")
        for tabel, rijen in (("outbox", told), ("audit", recorded)):
            for velden in rijen:
                # A position is taken at insertion, so that a lower one may become visible later.
                rij = SimpleNamespace(**velden, position=next(t.geheugen.posities))
                t.schrijf(tabel, rij.position, rij)
        return t.nummer

    async def became_of(self, transaction: str) -> str:
        await self._transactie.statement("became of")
        werd = self._transactie.geheugen.werd(transaction)
        self._transactie.geheugen.telling[f"asked what became of it: {werd}"] += 1
        return werd

    async def handle(self, consumer: str, event_ids: Collection[str], at: datetime) -> frozenset[str]:
        t = self._transactie
        await t.statement("inbox")
        nieuw = [each for each in sorted(event_ids) if await t.voeg_toe("inbox", (consumer, each), at)]
        t.geheugen.telling["duplicate"] += len(event_ids) - len(nieuw)
        return frozenset(nieuw)

    async def park(self, consumer: str, record: Parked, at: datetime) -> bool:
        await self._transactie.statement("dead letter")
        rij = SimpleNamespace(**vars(record), consumer=consumer, parked_at=at)
        return await self._transactie.voeg_toe("dead_letter", (consumer, record.fingerprint), rij)

    async def lying(self) -> Mapping[str, int]:
        raise NotImplementedError

    async def forget(self, *, keys: Collection[UUID], subjects: Collection[UUID]) -> None:
        if not keys and not subjects:
            return
        t = self._transactie
        await t.statement("dead letter, forget")
        weg, van = {str(each).encode() for each in keys}, {str(each) for each in subjects}
        for sleutel, rij in list(t.geheugen.tabellen["dead_letter"].items()):
            if rij.key in weg or rij.headers.get("ce_subject") in van:
                await t.houd("dead_letter", sleutel)
                t.schrijf("dead_letter", sleutel, None)
