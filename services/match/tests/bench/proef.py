"""One database in which the ways of handling take turns: batch by batch, so that a busy neighbour slows all of them."""

import cProfile
import json
import os
import pstats
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from services.match.tests.bench.kaal import kaal
from services.match.tests.bench.meting import Meting
from services.match.tests.bench.wereld import NU, Wereld
from services.match.tests.berichten import Signaleerder, vastgelegd, verwerken
from services.match.tests.stand import rijen

from contracts.base import Event
from match.application.handlers.verwerken import Verwerken
from match.bootstrap import OPSLAG
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.envelope import Message, encode
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import uuid7

BATCH = 500


class GeenSleutels:
    """What the handler costs without its locks: wrong as soon as there are two of it."""

    async def jeugdigen(self, work: UnitOfWork, refs: Collection[UUID]) -> None: ...
    async def ouders(self, work: UnitOfWork, refs: Collection[UUID]) -> None: ...


class Proef:
    """Measures on the one connection of `worker`, in a database that `vul` filled with `wereld`."""

    def __init__(self, worker: Database, wereld: Wereld) -> None:
        self.wereld = wereld
        self.kaal, self.handler, self.zonder, self.personen = (Meting(BATCH) for _ in range(4))
        self._worker = worker
        self._handle = Executor(worker, FixedClock(NU), "urn:nld:oin:00000099000000001000:systeem:match").execute_batch
        self._zonder = Verwerken(replace(OPSLAG, sleutels=GeenSleutels()))
        self._headers = _headers(wereld)
        self._profiel = cProfile.Profile() if os.environ.get("PROFIEL_AAN") else None

    async def begin(self, inlopen: int) -> None:
        """Let the handler run for so many batches, unmeasured; count from there."""
        self._backend = await _een_getal(self._worker, "select pg_backend_pid()")
        for _ in range(inlopen):
            await self._handle("match.signaal", self._signalen(), verwerken)
        self._matches = await _een_getal(self._worker, _AANTAL)

    async def signalen(self) -> None:
        """A batch of signals in each way, each of youths that were not drawn before."""
        await self.kaal.van(self._backend, kaal(self._worker, self.wereld.trek_kaal(BATCH), self._headers))
        berichten = self._signalen()
        if self._profiel:
            self._profiel.enable()
        await self.handler.van(self._backend, self._handle("match.signaal", berichten, verwerken))
        if self._profiel:
            self._profiel.disable()
        await self.zonder.van(self._backend, self._handle("match.signaal", self._signalen(), self._zonder))

    async def opnieuw(self, versie: int) -> None:
        """A batch of persons who are told again, as this version of theirs."""
        personen = [_onderweg(vastgelegd(ref, ouders, versie)) for ref, ouders in self.wereld.gezinnen(BATCH)]
        await self.personen.van(self._backend, self._handle("match.persoon", personen, verwerken))

    async def verslag(self) -> str:
        """What was measured."""
        nieuw = await _een_getal(self._worker, _AANTAL) - self._matches
        signalen = BATCH * sum(len(each.wand) for each in (self.kaal, self.handler, self.zonder))
        if self._profiel:
            pstats.Stats(self._profiel).sort_stats("tottime").print_stats(45)
        return "\n".join(
            (
                f"{self.wereld.signalen:,} signals in the tables; {nieuw / signalen:.2f} new matches per signal",
                self.kaal.regel("bare SQL"),
                self.handler.regel("handler"),
                self.zonder.regel("handler, no locks"),
                self.personen.regel("persons again"),
            )
        )

    def _signalen(self) -> list[Message]:
        return [_afgegeven(ref) for ref in self.wereld.trek(BATCH)]


_AANTAL = "select count(*) from match"


async def _een_getal(worker: Database, vraag: str) -> int:
    ((getal,),) = await rijen(worker, vraag)
    return int(getal)


def _afgegeven(jeugdige: UUID) -> Message:
    signaleerder = Signaleerder(jeugdige)
    # As signaal makes them: a random id would cost another page of every index.
    signaleerder.id = uuid7()
    return _onderweg(signaleerder.afgegeven())


def _onderweg(bericht: Message) -> Message:
    return bericht._replace(event_id=f"urn:nld:oin:00000099000000001000:systeem:signaal#{uuid7()}")


def _headers(wereld: Wereld) -> str:
    event: Event = Signaleerder(wereld.trek_kaal(1)[0]).afgegeven().event
    headers, _ = encode(
        event, event_id=uuid7(), subject=uuid7(), source="urn:nld:oin:0:match", version=1 << 32, time=NU
    )
    return json.dumps(headers)
