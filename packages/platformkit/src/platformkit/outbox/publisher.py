"""Hands rows to the broker, in order per partition, and tells what became of them.

In batches made here: a future and a walk through the producer for every event cost more than all else that is done for
it. A batch is taken or refused as a whole, by the same producer and with the same retries as single events.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError
from opentelemetry.trace import SpanKind

from platformkit import telemetry
from platformkit.broker import Broker
from platformkit.envelope import headers_of
from platformkit.logging import get_logger
from platformkit.outbox.partitioner import partition_of
from platformkit.outbox.search import Pending

_BATCH_BYTES = 262_144
# As the producer itself judges single events; the broker judges the rest.
_LARGEST = 1_048_576
# How long a topic that is not there is asked for: the lease must outlast a turn.
_TOPIC_SECONDS = 2.0
_Place = tuple[str, int]

log = get_logger()


@dataclass
class Published:
    """Positions that the broker took, those that it never will, and why it took no more."""

    published: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    failed: KafkaError | None = None


@dataclass
class _Batch:
    """Rows of one partition that go to the broker together."""

    place: _Place
    builder: Any
    positions: list[int] = field(default_factory=list)
    spans: list[telemetry.EventSpan] = field(default_factory=list)
    taken: "asyncio.Future[object] | None" = None

    def add(self, row: Pending, key: bytes, span: telemetry.EventSpan) -> bool:
        """Whether there was room for it; there always is for the first."""
        headers = headers_of(row.headers, span.traceparent)
        if self.builder.append(timestamp=None, key=key, value=row.payload, headers=headers) is None:
            return False
        self.positions.append(row.position)
        self.spans.append(span)
        return True

    def end(self, error: KafkaError | None) -> None:
        """End the spans: published, or not because of `error`."""
        for span in self.spans:
            if error is not None:
                span.fail(error)
            span.end()


@dataclass
class Handed:
    """What the producer has, and the result so far."""

    result: Published = field(default_factory=Published)
    batches: list[_Batch] = field(default_factory=list)


class Publisher:
    """A producer, made anew after a failure, and what must be sent alone because it may be too large for its topic."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._producer: AIOKafkaProducer | None = None
        self._suspects: set[int] = set()

    async def hand_over(self, rows: Sequence[Pending]) -> Handed:
        """Give the rows to the producer, or only those that must be sent alone when there are any."""
        # What another relay has dealt with meanwhile is no longer one.
        self._suspects.intersection_update(row.position for row in rows)
        suspects = [row for row in rows if row.position in self._suspects]
        return await (self._one_by_one(suspects) if suspects else self._hand_over(rows))

    async def result(self, handed: Handed) -> Published:
        """Wait for the broker."""
        # The broker refuses the whole of what it got at once: who was it?
        self._suspects.update(await self._too_large(handed))
        if self._suspects:
            await self.drop()
        return handed.result

    async def drop(self) -> None:
        """A producer that failed may be stuck in its sequence numbers: the next turn makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 5)
            except (KafkaError, TimeoutError) as error:
                log.warning("relay_waits", error=type(error).__qualname__)

    async def _hand_over(self, rows: Sequence[Pending]) -> Handed:
        producer, handed = await self._connected(), Handed()
        for batch in await _batches(producer, rows, handed.result):
            topic, partition = batch.place
            try:
                batch.taken = await producer.send_batch(batch.builder, topic, partition=partition)
            except KafkaError as error:
                batch.end(error)
                handed.result.failed = error
                break
            handed.batches.append(batch)
        return handed

    async def _one_by_one(self, rows: Sequence[Pending]) -> Handed:
        """Send each row alone, so that a refusal tells which one is too large for its topic."""
        done = Handed()
        self._suspects.clear()
        for row in rows:
            alone = await self._hand_over([row])
            refused = await self._too_large(alone)
            done.result.published += alone.result.published
            done.result.refused += alone.result.refused + refused
            done.result.failed = alone.result.failed
            if refused:
                await self.drop()
            if done.result.failed is not None:
                break
        return done

    async def _too_large(self, handed: Handed) -> list[int]:
        """Wait for the broker; the positions in batches that it found too large.

        Behind a batch that failed, what is of its partition is sent again after it, so that the order ends right.
        """
        too_large: list[int] = []
        failed: set[_Place] = set()
        for batch in handed.batches:
            try:
                await batch.taken  # type: ignore[misc]
            except KafkaError as error:
                batch.end(error)
                failed.add(batch.place)
                if isinstance(error, MessageSizeTooLargeError):
                    too_large += batch.positions
                else:
                    handed.result.failed = error
                continue
            batch.end(None)
            if batch.place not in failed:
                handed.result.published += batch.positions
        return too_large

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._broker.client(),
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=0,
                max_batch_size=_BATCH_BYTES,
                request_timeout_ms=10_000,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer


async def _batches(producer: AIOKafkaProducer, rows: Sequence[Pending], result: Published) -> list[_Batch]:
    """The rows in batches, in order per partition; those of a topic that is not there are left for later."""
    partitions: dict[str, int] = {}
    for topic in dict.fromkeys(row.topic for row in rows):
        try:
            async with asyncio.timeout(_TOPIC_SECONDS):
                partitions[topic] = len(await producer.partitions_for(topic))
        except KafkaError as error:
            result.failed = error
        except TimeoutError:
            result.failed = UnknownTopicOrPartitionError(topic)
    batches: list[_Batch] = []
    last: dict[_Place, _Batch] = {}
    for row in rows:
        if row.topic not in partitions:
            continue
        if len(row.payload) > _LARGEST:
            result.refused.append(row.position)
            continue
        key, span = row.key.encode(), _span(row)
        place = row.topic, partition_of(key, partitions[row.topic])
        batch = last.get(place)
        if batch is None or not batch.add(row, key, span):
            last[place] = batch = _Batch(place, producer.create_batch())
            batches.append(batch)
            batch.add(row, key, span)
    return batches


def _span(row: Pending) -> telemetry.EventSpan:
    about = {"messaging.destination.name": row.topic}
    return telemetry.EventSpan(f"publish {row.topic}", SpanKind.PRODUCER, row.traceparent, about)
