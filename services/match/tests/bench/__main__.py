"""`python -m services.match.tests.bench [--groottes 1e5,1e6,1e7] [--batches 24] [--ronde 20000]`.

Starts its own servers. Per number of signals in the tables: the handler beside bare SQL that makes the same rows; at
10^6 (or the largest below) also from a Kafka topic, with one and with two processes. Medians; compare the ratio within one
run only. Prints what was measured beside the goals of issue 4 and fails on no number.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import os
import pstats
import time
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

import asyncpg
from services.match.tests.bench.instellingen import PRODUCTIE
from services.match.tests.bench.kaal import kaal
from services.match.tests.bench.keten import keten
from services.match.tests.bench.meting import Meting
from services.match.tests.bench.wereld import NU, Wereld, vul
from services.match.tests.berichten import Signaleerder, vastgelegd, verwerken
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.base import Event
from lokaal import testing
from lokaal.stack import Stack
from match.adapters.db.opslag import opslag
from match.application.handlers.verwerken import Verwerken
from match.application.ports import Opslag
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import uuid7
from platformkit.messaging.envelope import Message, encode

BATCH = 500
_KETEN_BIJ = 1_000_000
_DOELEN = {"ratio": 0.45, "signals/s": 10_000, "vlak": 1.3}


class GeenSleutels:
    """What the handler costs without its locks: wrong as soon as there are two of it."""

    async def jeugdigen(self, refs: Collection[UUID]) -> None: ...
    async def ouders(self, refs: Collection[UUID]) -> None: ...


def _zonder(work: UnitOfWork) -> Opslag:
    return replace(opslag(work), sleutels=GeenSleutels())


def _afgegeven(jeugdige: UUID) -> Message:
    signaleerder = Signaleerder(jeugdige)
    # As signaal makes them: a random id would cost another page of every index.
    signaleerder.id = uuid7()
    return _onderweg(signaleerder.afgegeven())


def _onderweg(bericht: Message) -> Message:
    return bericht._replace(event_id=f"urn:nld:oin:00000099000000001000:systeem:signaal#{uuid7()}")


async def _handler(worker: AsyncEngine, wereld: Wereld, batches: int) -> dict[str, Meting]:
    executor = Executor(worker, FixedClock(NU), "urn:nld:oin:00000099000000001000:systeem:match")
    async with worker.begin() as connection:
        backend = (await connection.execute(text("select pg_backend_pid()"))).scalar_one()
    namen = ("bare SQL", "handler", "handler, no locks", "persons again")
    metingen = {naam: Meting(BATCH) for naam in namen}
    zonder = Verwerken(_zonder)
    profiel = cProfile.Profile() if os.environ.get("PROFIEL_AAN") else None
    voor = await _matches(worker)
    # As every process of ours begins (platformkit.runtime).
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    for _ in range(batches):
        headers = json.dumps(_headers(wereld))
        await metingen["bare SQL"].van(backend, kaal(worker, wereld.trek_kaal(BATCH), headers))
        for naam, hoe in (("handler", verwerken), ("handler, no locks", zonder)):
            berichten = [_afgegeven(ref) for ref in wereld.trek(BATCH)]
            if profiel and naam == "handler":
                profiel.enable()
            await metingen[naam].van(backend, executor.execute_batch("match.signaal", berichten, hoe))
            if profiel:
                profiel.disable()
        personen = [_onderweg(vastgelegd(ref, ouders, 2)) for ref, ouders in wereld.gezinnen(BATCH)]
        await metingen["persons again"].van(backend, executor.execute_batch("match.persoon", personen, verwerken))
    nieuw = await _matches(worker) - voor
    _print(f"{wereld.signalen:,} signals in the tables; {nieuw / 3 / BATCH / batches:.2f} new matches per signal")
    for naam, meting in metingen.items():
        _print(meting.regel(naam))
    kaal_, handler = metingen["bare SQL"], metingen["handler"]
    _print(
        f"  handler / bare SQL: {kaal_.wand_per_batch / handler.wand_per_batch:.2f} by wall,"
        f" {kaal_.cpu_per_batch / handler.cpu_per_batch:.2f} by CPU (goal {_DOELEN['ratio']})"
    )
    if profiel:
        pstats.Stats(profiel).sort_stats("tottime").print_stats(45)
    return metingen


def _headers(wereld: Wereld) -> dict[str, str]:
    event: Event = Signaleerder(wereld.trek_kaal(1)[0]).afgegeven().event
    return encode(event, event_id=uuid7(), subject=uuid7(), source="urn:nld:oin:0:match", version=1 << 32, time=NU)[0]


async def _matches(worker: AsyncEngine) -> int:
    async with worker.begin() as connection:
        return int((await connection.execute(text("select count(*) from match"))).scalar_one())


def _print(regel: str) -> None:
    print(regel, flush=True)  # noqa: T201


async def _instellen(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.addresses["postgres"]["superuser"])
    for naam, waarde in PRODUCTIE.items():
        await connection.execute(f"alter system set {naam} = '{waarde}'")
    await connection.close()
    await asyncio.to_thread(stack.restart, "postgres")


async def main(stack: Stack, groottes: list[int], batches: int, ronde: int, rondes: int) -> None:
    dsns = stack.addresses["postgres"]["match"]
    await _instellen(stack)
    gevuld, resultaten = 0, {}
    keten_bij = max([each for each in groottes if each <= _KETEN_BIJ], default=groottes[0])
    for grootte in groottes:
        worker = make_engine(dsns["worker"].replace("://", "+asyncpg://", 1), pool=1, application="bench")
        begin = time.perf_counter()
        await vul(dsns["migrate"], worker, gevuld, grootte)
        gevuld = grootte
        _print(f"filled in {time.perf_counter() - begin:.0f} s")
        wereld = Wereld(grootte)
        resultaten[grootte] = await _handler(worker, wereld, batches)
        await worker.dispose()
        if grootte == keten_bij and rondes:
            for processen in (1, 2):
                for regel in await keten(stack, wereld, processen=processen, signalen=ronde, rondes=rondes):
                    _print(f"{regel} (goal {_DOELEN['signals/s']:,})")
    klein, groot = min(resultaten), max(resultaten)
    if klein != groot:
        for naam in ("bare SQL", "handler"):
            een, ander = resultaten[groot][naam], resultaten[klein][naam]
            _print(
                f"{naam}: cost at {groot:,} / cost at {klein:,} = {een.wand_per_batch / ander.wand_per_batch:.2f} by wall,"
                f" {een.cpu_per_batch / ander.cpu_per_batch:.2f} by CPU (goal {_DOELEN['vlak']} for the handler)"
            )


if __name__ == "__main__":
    opties = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    opties.add_argument("--groottes", default="1e5,1e6,1e7", help="signals in the tables, rising")
    opties.add_argument("--batches", type=int, default=24, help=f"batches of {BATCH} for each way")
    opties.add_argument("--ronde", type=int, default=20_000, help="signals in one round from the topic")
    opties.add_argument("--rondes", type=int, default=3, help="rounds from the topic; 0 for none")
    gekozen = opties.parse_args()
    servers = testing.servers()
    testing.database("match")
    try:
        asyncio.run(
            main(
                servers,
                sorted(int(float(each)) for each in gekozen.groottes.split(",")),
                gekozen.batches,
                gekozen.ronde,
                gekozen.rondes,
            )
        )
    finally:
        testing.stop()
