"""The stored set equals the oracle, in both directions, after any interleaving of events (D4)."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.match.tests.berichten import (
    OP,
    Signaleerder,
    gewijzigd,
    overleden,
    persoon_vernietigd,
    vastgelegd,
    verwerk,
)
from services.match.tests.oracle import oracle
from services.match.tests.stand import matches

from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.envelope import Message
from platformkit.executor import Executor

VANDAAG = date(2025, 6, 1)
NU = datetime(2025, 5, 31, 22, 30, tzinfo=UTC)


class Geschiedenis:
    """A world that happens in order; its messages arrive in any."""

    def __init__(self, zaad: int) -> None:
        self.kans = random.Random(zaad)
        self.berichten: list[Message] = []
        self.jeugdigen = [uuid4() for _ in range(self.kans.randint(1, 5))]
        self.ouderrefs = [uuid4() for _ in range(4)]
        self.professionals = [uuid4() for _ in range(4)]
        self.ouders: dict[UUID, set[UUID]] = {}
        self.weg: set[UUID] = set()
        self.signalen: list[dict[str, Any]] = []
        for jeugdige in self.jeugdigen:
            self._persoon(jeugdige)
        for _ in range(self.kans.randint(1, 8)):
            self._signaal()

    def _persoon(self, ref: UUID) -> None:
        kans = self.kans
        if kans.random() < 0.1:
            return  # nothing of this youth ever arrives
        for versie in range(1, kans.randint(1, 4) + 1):
            ouders = kans.sample(self.ouderrefs, kans.randint(0, 2))
            op = OP + timedelta(days=kans.randint(-5, 5))
            self.weg.discard(ref)
            self.ouders[ref] = set(ouders)
            lot = kans.random()
            if versie == 1:
                self.berichten.append(vastgelegd(ref, ouders, 1, op))
            elif lot < 0.7:
                self.berichten.append(gewijzigd(ref, ouders, versie, op))
            elif lot < 0.85:
                self.berichten.append(overleden(ref, ouders, versie))
                self.weg.add(ref)
            else:
                self.berichten.append(persoon_vernietigd(ref, versie))
                self.weg.add(ref)
                self.ouders[ref] = set()
                return

    def _signaal(self) -> None:
        kans = self.kans
        signaal = Signaleerder(
            kans.choice(self.jeugdigen),
            professional=kans.choice(self.professionals),
            op=OP + timedelta(days=kans.randint(-3, 3)),
        )
        signaal.einddatum = VANDAAG + timedelta(days=kans.randint(-1, 3))
        self.berichten.append(signaal.afgegeven(1))
        status, versie = "actief", 1
        while kans.random() < 0.4:
            versie += 1
            if kans.random() < 0.5:
                self.berichten.append(signaal.verlengd(VANDAAG + timedelta(days=kans.randint(0, 4)), versie))
                continue
            einde = kans.choice([signaal.gedeactiveerd, signaal.verwijderd, signaal.vernietigd])
            self.berichten.append(einde(versie))
            status = "weg"
            break
        self.signalen.append(
            {
                "id": signaal.id,
                "jeugdige": signaal.jeugdige,
                "professional": signaal.professional,
                "einddatum": signaal.einddatum,
                "status": status,
            }
        )

    def aankomst(self) -> list[list[list[Message]]]:
        """Every message at least once, in any order, over some consumers in batches."""
        kans = self.kans
        dubbel = [m for m in self.berichten if kans.random() < 0.3]
        # Sent again by the relay, or told again under a new id after a rebuild.
        opnieuw = [m._replace(event_id=f"test#{uuid4()}") for m in self.berichten if kans.random() < 0.2]
        berichten = [*self.berichten, *dubbel, *opnieuw]
        kans.shuffle(berichten)
        banen: list[list[list[Message]]] = [[] for _ in range(kans.randint(1, 3))]
        while berichten:
            grootte = kans.randint(1, 6)
            kans.choice(banen).append(berichten[:grootte])
            berichten = berichten[grootte:]
        return banen


@pytest.mark.regel("D4")
@pytest.mark.timeout(240)
@pytest.mark.regel("R080", "R082", "R085")
def test_stored_matches_equal_the_oracle(worker_runner: asyncio.Runner, runner_database: Database) -> None:
    executor = Executor(runner_database, FixedClock(NU), "urn:nld:oin:00000099000000001000:systeem:match")

    async def gespeeld(geschiedenis: Geschiedenis) -> None:
        async def consumer(naam: str, batches: list[list[Message]]) -> None:
            for batch in batches:
                await verwerk(executor, batch, naam)

        async with asyncio.TaskGroup() as taken:
            for batches in geschiedenis.aankomst():
                # One name: a duplicate that reaches another consumer is known to the inbox all the same.
                taken.create_task(consumer("match.signaal", batches))

    async def opgeslagen(geschiedenis: Geschiedenis) -> list[Any]:
        return await matches(runner_database, [s["id"] for s in geschiedenis.signalen])

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.integers(0, 2**32))
    def elke_geschiedenis(zaad: int) -> None:
        geschiedenis = Geschiedenis(zaad)
        worker_runner.run(gespeeld(geschiedenis))
        rijen = worker_runner.run(opgeslagen(geschiedenis))
        actief = {(m.soort, m.signaal_a, m.signaal_b): m for m in rijen if m.status == "actief"}
        assert actief.keys() == oracle(geschiedenis.signalen, geschiedenis.ouders, geschiedenis.weg, VANDAAG), zaad
        einden = {s["id"]: s["einddatum"] for s in geschiedenis.signalen}
        for (_, a, b), m in actief.items():
            assert m.einddatum == min(einden[a], einden[b]), zaad

    elke_geschiedenis()
