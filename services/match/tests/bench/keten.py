"""From a real Kafka topic to stored matches and outbox: the real process, once and twice.

The inbox is locked while the topic is filled, so that the consumers begin with all of it waiting and the producer is done.
Handled is what a consumer has committed to the broker: to count in the database would take a fifth of a processor.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from services.match.tests.bench.meting import cpu
from services.match.tests.bench.wereld import NU, Wereld
from services.match.tests.berichten import SPOOR, Signaleerder

from lokaal import testing
from lokaal.stack import Stack
from platformkit.envelope import encode, headers_of
from platformkit.ids import uuid7

_GROEP = "match.signaal"
_BRON = "urn:nld:oin:00000099000000001000:systeem:signaal"


async def keten(stack: Stack, wereld: Wereld, *, processen: int, signalen: int, rondes: int) -> list[str]:
    """Print-ready lines: the median of `rondes` with so many consumer processes."""
    addresses = stack.addresses["postgres"]
    _zet_klok(stack)
    producer = AIOKafkaProducer(**testing.broker(stack.addresses).client(), linger_ms=5)
    await producer.start()
    broker = AIOKafkaAdminClient(**testing.broker(stack.addresses).client())
    await broker.start()
    database = await asyncpg.connect(testing.superuser(addresses, "match"))
    try:
        async with consumers(stack, addresses["match"]["worker"], processen) as pids:
            await _opwarmen(producer, broker, database, wereld, processen)
            snelheden, kosten = [], []
            for _ in range(rondes):
                wand, client, server = await _ronde(producer, broker, database, wereld.trek(signalen), pids)
                snelheden.append(signalen / wand)
                kosten.append((client / signalen * 500_000, server / signalen * 500_000))
    finally:
        await database.close()
        await broker.close()
        await producer.stop()
    client, server = (statistics.median(each) for each in zip(*kosten, strict=True))
    return [
        f"  topic -> stored, {processen} process{'es' if processen > 1 else ''}: {statistics.median(snelheden):6.0f} signals/s"
        f" ({', '.join(f'{each:.0f}' for each in snelheden)}); {client:.1f} ms consumer + {server:.1f} ms server CPU per 500"
    ]


async def _ronde(
    producer: AIOKafkaProducer,
    broker: AIOKafkaAdminClient,
    database: asyncpg.Connection,
    jeugdigen: Sequence[UUID],
    pids: Sequence[int],
) -> tuple[float, float, float]:
    voor = await _behandeld(broker)
    async with database.transaction():
        await database.execute("lock table inbox in access exclusive mode")
        await _vulling(producer, jeugdigen)
        backends = await _backends(database)
        begin, client, server = time.perf_counter(), cpu(pids), cpu(backends)
    await _tot_leeg(broker, voor + len(jeugdigen))
    return time.perf_counter() - begin, cpu(pids) - client, cpu(backends) - server


async def _vulling(producer: AIOKafkaProducer, jeugdigen: Sequence[UUID]) -> None:
    verzonden = []
    for jeugdige in jeugdigen:
        signaleerder = Signaleerder(jeugdige)
        signaleerder.id = uuid7()
        bericht = signaleerder.afgegeven()
        headers, payload = encode(
            bericht.event, event_id=uuid7(), subject=signaleerder.id, source=_BRON, version=1, time=bericht.time
        )
        key = str(jeugdige).encode()
        verzonden.append(await producer.send("signaal", payload, key=key, headers=headers_of(headers, SPOOR)))
    await producer.flush()


async def _behandeld(broker: AIOKafkaAdminClient) -> int:
    try:
        offsets = await broker.list_consumer_group_offsets(_GROEP)
    except GroupCoordinatorNotAvailableError:
        return 0  # nobody has read anything yet
    return sum(each.offset for each in offsets.values())


async def _tot_leeg(broker: AIOKafkaAdminClient, tot: int) -> None:
    async with asyncio.timeout(300):
        while await _behandeld(broker) < tot:
            await asyncio.sleep(0.02)


async def _opwarmen(
    producer: AIOKafkaProducer,
    broker: AIOKafkaAdminClient,
    database: asyncpg.Connection,
    wereld: Wereld,
    processen: int,
) -> None:
    """Until each process has partitions, and a database connection because of that."""
    async with asyncio.timeout(300):
        while True:
            voor = await _behandeld(broker)
            await _vulling(producer, wereld.trek(200))
            await _tot_leeg(broker, voor + 200)
            if len(await _backends(database)) >= processen:
                return
            await asyncio.sleep(1)


async def _backends(database: asyncpg.Connection) -> list[int]:
    return [
        row["pid"]
        for row in await database.fetch("select pid from pg_stat_activity where application_name = 'match-consumer'")
    ]


@asynccontextmanager
async def consumers(stack: Stack, dsn: str, aantal: int) -> AsyncIterator[list[int]]:
    """The consumer as production starts it, so many times."""
    gestart = []
    try:
        for nummer in range(aantal):
            log = (stack.run_dir / f"bench-consumer-{nummer}.log").open("w")
            gestart.append(
                await asyncio.create_subprocess_exec(*_COMMANDO, env=_omgeving(stack, dsn), stdout=log, stderr=log)
            )
        yield [each.pid for each in gestart]
    finally:
        for each in gestart:
            each.terminate()
        for each in gestart:
            await each.wait()


_COMMANDO = (sys.executable, "-m", "match", "consumer")


def _omgeving(stack: Stack, dsn: str) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PROFIEL": "lokaal",
        **testing.broker(stack.addresses, "match").environment(),
        "REDIS_URL": stack.addresses["redis"],
        "OIDC_ISSUER": stack.addresses["oidc"]["issuer"],
        "CLIENT_SECRET": "bench",
        "KLOK_BESTAND": stack.addresses["klok"]["bestand"],
        "TRACES": "none",
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL_WORKER": dsn,
    }


def _zet_klok(stack: Stack) -> None:
    verschil = (NU - datetime.now(UTC)).total_seconds()
    Path(stack.addresses["klok"]["bestand"]).write_text(f"{verschil:.0f}\n")
