"""`python -m services.match.tests.bench [--groottes 1e5,1e6,1e7] [--batches 24] [--ronde 20000]`.

Starts its own servers. Per number of signals in the tables: the handler beside bare SQL that makes the same rows, and from
the second number on in turns with a copy of the first, just after a checkpoint, after a hundred batches, and after a crash
took the keys; at 10^6 (or the largest below) also from a Kafka topic, with one and with two processes. Medians; compare
ratios within one run only. Prints what was measured beside the goals of issue 4 and fails on no number.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import Sequence

import asyncpg
from services.match.tests.bench.instellingen import PRODUCTIE
from services.match.tests.bench.keten import keten
from services.match.tests.bench.meting import Meting
from services.match.tests.bench.proef import Proef
from services.match.tests.bench.wereld import WARM, Wereld, vul

from lokaal import testing
from lokaal.stack import Stack
from platformkit.db.database import Database

_KETEN_BIJ = 1_000_000
_KLEIN = ("drop database if exists match_klein", "create database match_klein template match_begin")
_DOELEN = {"ratio": 0.45, "signals/s": 10_000, "vlak": 1.3}


def _print(regel: str) -> None:
    print(regel, flush=True)  # noqa: T201


def _verhouding(een: Meting, ander: Meting) -> str:
    """How many times `ander` costs what `een` does."""
    return (
        f"{ander.wand_per_batch / een.wand_per_batch:.2f} by wall, {ander.cpu_per_batch / een.cpu_per_batch:.2f} by CPU"
    )


def _worker(stack: Stack, database: str) -> Database:
    dsn = stack.addresses["postgres"]["match"]["worker"]
    return Database(dsn.rpartition("/")[0] + f"/{database}", pool=1, application="bench")


async def _beheer(stack: Stack, *statements: str, database: str = "postgres") -> None:
    """Carry these out as superuser."""
    connection = await asyncpg.connect(testing.superuser(stack.addresses["postgres"], database))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _vul(stack: Stack, van: int, tot: int) -> None:
    begin = time.perf_counter()
    worker = _worker(stack, "match")
    await vul(stack.addresses["postgres"]["match"]["migrate"], worker, van, tot)
    await worker.close()
    await _beheer(stack, *WARM, database="match")
    _print(f"filled in {time.perf_counter() - begin:.0f} s")


async def _meet(stack: Stack, werelden: dict[str, Wereld], batches: int, inlopen: int = 0) -> list[Proef]:
    """Measure in the databases of these names, in turns; the last one runs for `inlopen` batches before."""
    workers = [_worker(stack, database) for database in werelden]
    proeven = [Proef(*each) for each in zip(workers, werelden.values(), strict=True)]
    # As every process of ours begins (platformkit.service.runtime).
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    for proef in proeven:
        await proef.begin(inlopen if proef is proeven[-1] else 0)
    for _ in range(batches):
        for proef in proeven:
            await proef.signalen()
    # Only now: they make pages that are no longer read from an index alone, of the small database nearly all.
    for versie in range(batches):
        for proef in proeven:
            await proef.opnieuw(2 + versie)
    for proef in proeven:
        _print(await proef.verslag())
    for worker in workers:
        await worker.close()
    return proeven


def _print_ratio(proef: Proef) -> None:
    ratio = _verhouding(proef.handler, proef.kaal)
    _print(f"handler / bare SQL at {proef.wereld.signalen:,}: {ratio} (goal {_DOELEN['ratio']})")


async def _vergelijk(
    stack: Stack, kleinste: int, wereld: Wereld, batches: int, stand: str, *, inlopen: int = 0
) -> tuple[str, Proef]:
    """Large beside small, while the large one is in this state: how many times it costs, and the large one."""
    beide = f"at {wereld.signalen:,} / at {kleinste:,}, {stand}"
    _print(f"-- {beide}")
    await _beheer(stack, *_KLEIN)
    klein, groot = await _meet(stack, {"match_klein": Wereld(kleinste), "match": wereld}, batches, inlopen)
    _print(f"bare SQL {beide}: {_verhouding(klein.kaal, groot.kaal)}")
    return f"handler {beide}: {_verhouding(klein.handler, groot.handler)}", groot


async def main(stack: Stack, groottes: Sequence[int], batches: int, ronde: int, rondes: int) -> None:
    kleinste, *_ = groottes
    keten_bij = max([each for each in groottes if each <= _KETEN_BIJ], default=kleinste)
    await _beheer(stack, *(f"alter system set {naam} = '{waarde}'" for naam, waarde in PRODUCTIE.items()))
    await asyncio.to_thread(stack.restart, "postgres")
    gevuld = 0
    for grootte in groottes:
        await _vul(stack, gevuld, grootte)
        gevuld, wereld = grootte, Wereld(grootte)
        if grootte == kleinste:
            await _beheer(stack, "create database match_begin template match", *_KLEIN)
            (proef,) = await _meet(stack, {"match_klein": Wereld(kleinste)}, batches)
        else:
            kost, _ = await _vergelijk(stack, kleinste, wereld, batches, "just after a checkpoint")
            _print(kost)
            kost, proef = await _vergelijk(stack, kleinste, wereld, batches, "after 100 batches", inlopen=100)
            _print(f"{kost} (goal {_DOELEN['vlak']})")
        _print_ratio(proef)
        if grootte == keten_bij and rondes:
            for processen in (1, 2):
                for regel in await keten(stack, wereld, processen=processen, signalen=ronde, rondes=rondes):
                    _print(f"{regel} (goal {_DOELEN['signals/s']:,})")
    if gevuld > kleinste:
        await _beheer(stack, "truncate matchsleutel", database="match")
        kost, _ = await _vergelijk(stack, kleinste, wereld, batches, "after a crash took the keys")
        _print(kost)


if __name__ == "__main__":
    opties = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    opties.add_argument("--groottes", default="1e5,1e6,1e7", help="signals in the tables, rising")
    opties.add_argument("--batches", type=int, default=24, help="batches of 500 for each way")
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
