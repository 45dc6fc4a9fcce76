"""Relays over the throwaway service's outbox, what they are given to tell, and a producer that takes it or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record import MemoryRecords

from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.outbox.relay import Relay
from proef.events import gewijzigd
from proef.hulp import Proef, context

ME = uuid4()


async def tell(proef: Proef, topic: str, *versions: int, person: UUID = ME) -> None:
    async def handler(work: UnitOfWork) -> None:
        for version in versions:
            work.emit(gewijzigd(topic, person), version=version)

    await proef.executor("api").execute(handler, context(ME))


@asynccontextmanager
async def idle(proef: Proef, number: int = 1) -> AsyncIterator[list[Relay]]:
    """Relays that do nothing by themselves."""
    relays = [Relay(proef.relay, proef.broker, "proef") for _ in range(number)]
    try:
        yield relays
    finally:
        for relay in relays:
            await relay._publisher.drop()


@asynccontextmanager
async def running(proef: Proef) -> AsyncIterator[Relay]:
    relay, stop = Relay(proef.relay, proef.broker, "proef"), asyncio.Event()
    task = asyncio.create_task(relay.run(stop, Heartbeat(None)))
    try:
        yield relay
    finally:
        stop.set()
        await task


async def emptied(proef: Proef) -> bool:
    return await proef.count("outbox") == 0


async def holds(relay: Relay) -> bool:
    return relay._token is not None


def sequences(records: list[ConsumerRecord], person: UUID = ME) -> list[int]:
    return [int(dict(each.headers)["ce_sequence"]) for each in records if each.key == str(person).encode()]


class Producer:
    """Takes batches as `outcomes` say, one after the other and then all; notes what it was given, by version.

    `silent`: it never says what became of them.
    """

    silent = False

    def __init__(self, partitions: int, *outcomes: KafkaError | None) -> None:
        self.partitions, self.outcomes = partitions, list(outcomes)
        self.heard: list[list[str]] = []

    async def partitions_for(self, _topic: str) -> set[int]:
        return set(range(self.partitions))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(self.room, 0)

    room = 100_000

    async def send_batch(self, batch: BatchBuilder, _topic: str, *, partition: int) -> "asyncio.Future[None]":
        records = MemoryRecords(bytes(batch._build())).next_batch()
        self.heard.append([dict(each.headers)["ce_sequence"].decode() for each in records])
        answer = asyncio.get_running_loop().create_future()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if self.silent:
            return answer
        if outcome is None:
            answer.set_result(None)
        else:
            answer.set_exception(outcome)
        return answer

    async def stop(self) -> None:
        pass


@asynccontextmanager
async def telling_to(proef: Proef, monkeypatch: pytest.MonkeyPatch, producer: Producer) -> AsyncIterator[Relay]:
    async def connected() -> Producer:
        return producer

    async with idle(proef) as (relay,):
        monkeypatch.setattr(relay._publisher, "_connected", connected)
        yield relay
