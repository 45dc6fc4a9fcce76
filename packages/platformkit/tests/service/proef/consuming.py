"""Consumers over the throwaway service's database, and the records that they are given."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import text

from platformkit.clock import FixedClock
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.messaging.consumer import Consumer, Handler, Subscription
from platformkit.messaging.envelope import Message, encode
from proef.events import NOW, gewijzigd
from proef.hulp import SOURCE, Proef, produce

Record = tuple[list[tuple[str, bytes | None]], bytes | None]
ME = uuid4()


def record(version: int, *, person: UUID = ME, event_id: UUID | None = None) -> Record:
    headers, value = encode(
        gewijzigd("persoon", person),
        event_id=event_id or uuid4(),
        subject=person,
        source=SOURCE,
        version=version,
        time=NOW,
    )
    return [(name, each.encode()) for name, each in headers.items()], value


async def send(proef: Proef, topic: str, *records: Record) -> None:
    await produce(proef.bootstrap, topic, list(records))


async def remember(work: UnitOfWork, messages: Sequence[Message]) -> None:
    for message in messages:
        await work.connection.execute(
            text("insert into gezien (persoon, versie) values (:persoon, :versie)"),
            {"persoon": message.subject, "versie": message.version},
        )


def make(proef: Proef, topic: str, handler: Handler = remember) -> Consumer:
    subscription = Subscription(f"groep-{topic}", topic, handler)
    return Consumer(proef.bootstrap, proef.worker, proef.executor("worker"), FixedClock(NOW), [subscription])


@asynccontextmanager
async def running(proef: Proef, topic: str, handler: Handler = remember) -> AsyncIterator[Consumer]:
    consumer, stop = make(proef, topic, handler), asyncio.Event()
    task = asyncio.create_task(consumer.run(stop, Heartbeat(None)))
    try:
        yield consumer
    finally:
        stop.set()
        await task


async def seen(proef: Proef) -> list[int]:
    return await proef.rows("select versie from gezien order by volgnummer")


async def has_seen(proef: Proef, *versions: int) -> bool:
    return await seen(proef) == list(versions)


async def at_least(proef: Proef, count: int) -> bool:
    return await proef.count("gezien") >= count
