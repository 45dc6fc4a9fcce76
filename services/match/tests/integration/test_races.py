"""Signals on siblings arrive at the same instant in different partitions, and end while their match is made (D4).

Red once the locks of `sleutels.py` are taken out: then most pairs are missed.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from uuid import UUID, uuid4

import asyncpg
import pytest
from services.match.tests.berichten import Signaleerder, gewijzigd, vastgelegd, verwerk
from services.match.tests.stand import open_matches

from platformkit.db.database import Database
from platformkit.envelope import Message
from platformkit.executor import Executor

PAREN = 200
pytestmark = pytest.mark.timeout(240)


async def lijnen(executor: Executor, *banen: Sequence[Sequence[Message]]) -> None:
    """Several consumers at once, each with batches of its own in order."""

    async def consumer(naam: str, batches: Sequence[Sequence[Message]]) -> None:
        for batch in batches:
            await verwerk(executor, batch, naam)

    async with asyncio.TaskGroup() as taken:
        for nummer, batches in enumerate(banen):
            taken.create_task(consumer(f"baan-{nummer}", batches))


async def tegelijk(executor: Executor, *samen: Sequence[Message]) -> None:
    """The messages of each group at the same instant, each in a transaction and consumer of its own; some groups at once."""
    plaats = asyncio.Semaphore(4)

    async def groep(berichten: Sequence[Message]) -> None:
        async with plaats, asyncio.TaskGroup() as taken:
            for nummer, bericht in enumerate(berichten):
                taken.create_task(verwerk(executor, [bericht], f"baan-{nummer}"))

    async with asyncio.TaskGroup() as groepen:
        for berichten in samen:
            groepen.create_task(groep(berichten))


def in_batches(berichten: list[Message], grootte: int) -> list[list[Message]]:
    return [berichten[i : i + grootte] for i in range(0, len(berichten), grootte)]


def gezin(a: Signaleerder, b: Signaleerder) -> tuple[str, UUID, UUID]:
    return ("gezin", *sorted((a.id, b.id)))


@pytest.fixture
async def kinderen(executor: Executor) -> list[tuple[Signaleerder, Signaleerder, UUID]]:
    """Pairs of siblings with one parent in common, whose persons are known."""
    gemaakt = [(Signaleerder(uuid4()), Signaleerder(uuid4()), uuid4()) for _ in range(PAREN)]
    personen = [vastgelegd(kind.jeugdige, [ouder, uuid4()]) for a, b, ouder in gemaakt for kind in (a, b)]
    await verwerk(executor, personen)
    return gemaakt


@pytest.mark.regel("R082", "D4")
async def test_siblings_at_once_are_never_missed(
    executor: Executor, worker: Database, kinderen: list[tuple[Signaleerder, Signaleerder, UUID]]
) -> None:
    await tegelijk(executor, *((a.afgegeven(), b.afgegeven()) for a, b, _ in kinderen))
    gevonden = await open_matches(worker, [a.id for a, _, _ in kinderen])
    assert gevonden == {gezin(a, b) for a, b, _ in kinderen}


@asynccontextmanager
async def sleutels_verdwijnen(looker: asyncpg.Connection) -> AsyncIterator[None]:
    """All keys are gone each 10 ms, as once after a crash or a migration."""

    async def steeds_weer() -> None:
        while True:
            await looker.execute("truncate matchsleutel")
            await asyncio.sleep(0.01)

    taak = asyncio.create_task(steeds_weer())
    try:
        yield
        assert not taak.done(), "it went on to the end"
    finally:
        taak.cancel()
        await asyncio.wait([taak])


@pytest.mark.parametrize("verdwijnen", [False, True], ids=["keys stay", "keys vanish"])
async def test_overlapping_batches_miss_nothing(
    executor: Executor,
    worker: Database,
    looker: asyncpg.Connection,
    kinderen: list[tuple[Signaleerder, Signaleerder, UUID]],
    verdwijnen: bool,
) -> None:
    """Batches that hold youths of the same families in another order."""
    een = [a.afgegeven() for a, _, _ in kinderen]
    ander = [b.afgegeven() for _, b, _ in kinderen]
    wie = random.Random(4)
    wie.shuffle(een)
    wie.shuffle(ander)
    helft = PAREN // 2
    async with sleutels_verdwijnen(looker) if verdwijnen else nullcontext():
        await lijnen(
            executor,
            in_batches(een[:helft], 25),
            in_batches(ander[:helft], 20),
            in_batches(een[helft:], 10),
            in_batches(ander[helft:], 50),
        )
    assert await open_matches(worker, [a.id for a, _, _ in kinderen]) == {gezin(a, b) for a, b, _ in kinderen}


@pytest.mark.regel("R065", "D4")
async def test_an_end_at_the_same_instant_leaves_no_zombie(
    executor: Executor, worker: Database, kinderen: list[tuple[Signaleerder, Signaleerder, UUID]]
) -> None:
    for paar in in_batches([a.afgegeven() for a, _, _ in kinderen], 100):
        await verwerk(executor, paar)
    einden = [a.gedeactiveerd() if i % 2 else a.verwijderd() for i, (a, _, _) in enumerate(kinderen)]
    await tegelijk(executor, *((b.afgegeven(), einde) for einde, (_, b, _) in zip(einden, kinderen, strict=True)))
    assert await open_matches(worker, [b.id for _, b, _ in kinderen]) == set()


@pytest.mark.regel("R083", "D4")
async def test_parents_change_while_signals_arrive(
    executor: Executor, worker: Database, kinderen: list[tuple[Signaleerder, Signaleerder, UUID]]
) -> None:
    """Half of the families lose their common parent, the other half get a second one, as signals come on both sides."""
    wissels = [
        gewijzigd(a.jeugdige, [uuid4()] if i % 2 else [ouder, uuid4()]) for i, (a, _, ouder) in enumerate(kinderen)
    ]
    await tegelijk(
        executor,
        *((a.afgegeven(), b.afgegeven(), wissel) for wissel, (a, b, _) in zip(wissels, kinderen, strict=True)),
    )
    verwacht = {gezin(a, b) for i, (a, b, _) in enumerate(kinderen) if not i % 2}
    assert await open_matches(worker, [a.id for a, _, _ in kinderen]) == verwacht


@pytest.mark.regel("D4")
async def test_two_topics_on_one_youth_at_once(executor: Executor, worker: Database) -> None:
    """The last of person and signal finds the other; both topics have a consumer of their own."""
    gezinnen = [(Signaleerder(uuid4()), Signaleerder(uuid4()), uuid4()) for _ in range(PAREN)]
    await tegelijk(
        executor,
        *(
            (a.afgegeven(), vastgelegd(a.jeugdige, [o]), b.afgegeven(), vastgelegd(b.jeugdige, [o]))
            for a, b, o in gezinnen
        ),
    )
    assert await open_matches(worker, [a.id for a, _, _ in gezinnen]) == {gezin(a, b) for a, b, _ in gezinnen}
