"""Consumers over the throwaway service's database, and the records that they are given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from platformkit import testing
from platformkit.executor import Handler
from platformkit.health import Heartbeat
from platformkit.messaging.consumer import Consumer, Subscription
from proef.events import NOW, gewijzigd
from proef.gezien import remember
from proef.hulp import Proef, produce

Record = tuple[list[tuple[str, bytes | None]], bytes | None]
ME = uuid4()


def record(version: int, *, person: UUID = ME, event_id: UUID | None = None) -> Record:
    made = testing.record(gewijzigd("persoon", person), version, NOW, event_id=event_id)
    return list(made.headers), made.value


async def send(proef: Proef, topic: str, *records: Record) -> None:
    await produce(proef.broker, topic, list(records))


def subscribed(topic: str, handler: Handler = remember) -> Subscription:
    return Subscription(f"groep-{topic}", topic, handler)


def make(proef: Proef, topic: str, handler: Handler = remember) -> Consumer:
    return Consumer(proef.broker, proef.executor("worker"), [subscribed(topic, handler)])


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
