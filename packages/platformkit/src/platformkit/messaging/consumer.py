"""The consumer (D5): a batch, one transaction, then the offsets. FastStream brings the messages, this decides on them.

Offsets are acknowledged by hand, after the commit. What fails for a passing reason is tried again in place and, when
that lasts, given back to Kafka; what can never succeed is found by bisecting and put aside, and its neighbours go on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import SASLScram512
from opentelemetry import metrics
from opentelemetry.trace import SpanKind

from platformkit import failpoints, telemetry
from platformkit.broker import Broker
from platformkit.envelope import Message, Place, PoisonError, UnknownTypeError, decode, traceparent_in
from platformkit.executor import Executor, Handler, UnitOfWork
from platformkit.executor.ledger import Parked
from platformkit.gauges import measuring
from platformkit.health import Heartbeat
from platformkit.logging import get_logger
from platformkit.messaging import unreadable
from platformkit.messaging.reading import BATCH, Reading
from platformkit.retry import attempts, passes

_FETCH_MS = 500
_MUCH = 256 * 1024
_PATIENCE = 60.0
_BREATH = 1.0
_GRACE = 20.0
_MOST_BUSY = 300.0

log = get_logger()
_meter = metrics.get_meter("platformkit")
_handled = _meter.create_counter("consumer.handled", unit="{event}")
_unknown = _meter.create_counter("consumer.unknown_type", unit="{event}")
_parked = _meter.create_counter("consumer.parked", unit="{event}")
_given_back = _meter.create_counter("consumer.given_back", unit="{batch}")
_open = _meter.create_gauge("dead_letters.open", unit="{event}")

Record: TypeAlias = ConsumerRecord


@dataclass(frozen=True)
class Subscription:
    """What one consumer reads and what it does with a batch of it. `name` names inbox rows and the Kafka group.

    `gather_ms`: how long the broker may wait for more when there is little. Whoever is in no hurry handles a second's
    events in a few transactions instead of one each.
    """

    name: str
    topic: str
    handler: Handler
    gather_ms: int = 0


class _Item(NamedTuple):
    record: Record
    message: Message
    span: telemetry.EventSpan


class Consumer:
    """Runs the subscriptions of one service."""

    def __init__(self, broker: Broker, executor: Executor, subscriptions: Sequence[Subscription]) -> None:
        self._executor = executor
        self._names = [each.name for each in subscriptions]
        self.broker = KafkaBroker(
            broker.bootstrap,
            security=SASLScram512(broker.user, broker.password.get_secret_value(), broker.tls, use_ssl=True),
            apply_types=False,
            allow_auto_create_topics=False,
            metadata_max_age_ms=10_000,
            # Between tries when the broker is away; the library's own 100 ms keeps a core busy with connecting.
            retry_backoff_ms=500,
            graceful_timeout=_GRACE,
            # Its own logger prints texts and tracebacks; ours lets a library tell where, not what.
            logger=logging.getLogger("platformkit.faststream"),
        )
        unreadable.install()
        self._readings = [Reading(each.name, each.topic, busy=_MOST_BUSY) for each in subscriptions]
        for subscription, reading in zip(subscriptions, self._readings, strict=True):
            subscribe(self.broker, subscription, reading, self._receiver(subscription, reading))

    async def run(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        """Consume until `stop`; what is being handled then is finished and acknowledged first."""
        heartbeat.expect("consumer")
        async with measuring(self._measure_readings):
            async for attempt in attempts(limit=None, seconds=3600):
                with attempt:
                    if stop.is_set():
                        return
                    heartbeat.expect("consumer")
                    await self._start()
            async with measuring(self._measure):
                await self._until(stop, heartbeat)

    async def _until(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        for reading in self._readings:
            reading.begin()
        try:
            while not stop.is_set():
                if all(each.alive for each in self._readings):
                    heartbeat.beat("consumer")
                try:
                    await asyncio.wait_for(stop.wait(), 1.0)
                except TimeoutError:
                    continue
        finally:
            await self.broker.stop()

    async def _measure(self) -> None:
        lying = await self._executor.execute(_lying, None)
        for name in self._names:
            _open.set(lying.get(name, 0), {"consumer": name})

    async def _measure_readings(self) -> None:
        for each in self._readings:
            await each.measure()

    async def _start(self) -> None:
        try:
            await self.broker.start()
        except BaseException:
            await self.broker.stop()
            raise

    def _receiver(self, subscription: Subscription, reading: Reading) -> Callable[[KafkaMessage], Awaitable[None]]:
        async def receive(message: KafkaMessage) -> None:
            handled = False
            try:
                handled = await self._receive(subscription, message)
            finally:
                reading.done(handled=handled)
                # FastStream leaves its message in a ring of objects. Without the batch that hangs on it, it is not worth
                # a pause of the garbage collector every few seconds.
                message.raw_message = message.raw_message[:1]

        return receive

    async def _receive(self, subscription: Subscription, message: KafkaMessage) -> bool:
        if not await self._handled(subscription, message):
            _rewind(message)
            await asyncio.sleep(_BREATH)
            return False
        await failpoints.hit("consumer.before_offsets")
        try:
            await message.ack()
        except KafkaError as error:
            # The partitions went to another consumer: it reads the batch again, and the inbox knows it.
            log.warning("offsets_not_committed", consumer=subscription.name, error=type(error).__qualname__)
        return True

    async def _handled(self, subscription: Subscription, message: KafkaMessage) -> bool:
        try:
            records: Any = message.raw_message
            return await self.handle(subscription, records)
        except Exception as error:
            log.error("consumer_failed", consumer=subscription.name, error=type(error).__qualname__)
            return False

    async def handle(self, subscription: Subscription, records: Sequence[Record]) -> bool:
        """Handle a batch completely; False when it must be read again because something stays away."""
        items, broken = _decode(subscription, records, self._executor.place(subscription.topic))
        try:
            for record, why in broken:
                await self._park(subscription, record, str(why), unknown=isinstance(why, UnknownTypeError))
            await self._bisect(subscription, items)
        except Exception as error:
            if not passes(error):
                raise
            for item in items:
                item.span.fail(error)
            log.warning("batch_given_back", consumer=subscription.name, error=type(error).__qualname__)
            _given_back.add(1, {"consumer": subscription.name})
            return False
        finally:
            for item in items:
                item.span.end()
        _handled.add(len(items), {"consumer": subscription.name})
        return True

    async def _bisect(self, subscription: Subscription, items: Sequence[_Item]) -> None:
        """Handle `items` in one transaction; if that can never succeed, halve until the poison stands alone."""
        if not items:
            return
        try:
            async for attempt in attempts(limit=None, seconds=_PATIENCE):
                # One transaction for many traces: its statements show in the first one's.
                with attempt, items[0].span.current():
                    await self._executor.execute_batch(
                        subscription.name, [item.message for item in items], subscription.handler
                    )
        except Exception as error:
            if passes(error):
                raise
            if len(items) == 1:
                items[0].span.fail(error)
                # A text of ours says what is wrong; another's may quote what it was given.
                kind = str(error) if isinstance(error, PoisonError) else type(error).__qualname__
                await self._park(subscription, items[0].record, kind)
                return
            middle = len(items) // 2
            await self._bisect(subscription, items[:middle])
            await self._bisect(subscription, items[middle:])

    async def _park(self, subscription: Subscription, record: Record, error: str, *, unknown: bool = False) -> None:
        parked = Parked(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            headers=_kept(record.headers),
            payload=record.value,
            error=error,
            traceparent=traceparent_in(record.headers),
        )
        async for attempt in attempts(limit=None, seconds=_PATIENCE):
            with attempt:
                await self._executor.execute(_park, None, subscription.name, parked, unknown)


def _decode(
    subscription: Subscription, records: Sequence[Record], place: Place
) -> tuple[list[_Item], list[tuple[Record, PoisonError]]]:
    """What can be handled; and what can never be understood, with why."""
    items: list[_Item] = []
    broken: list[tuple[Record, PoisonError]] = []
    name = f"process {subscription.topic}"
    about = {
        "messaging.destination.name": subscription.topic,
        "messaging.consumer.group.name": subscription.name,
    }
    for record in records:
        try:
            message = decode(record.headers, record.key, record.value, place)
        except PoisonError as error:
            broken.append((record, error))
        else:
            span = telemetry.EventSpan(name, SpanKind.CONSUMER, message.traceparent, about)
            items.append(_Item(record, message._replace(traceparent=span.traceparent), span))
    return items, broken


async def _park(work: UnitOfWork, consumer: str, record: Parked, unknown: bool) -> None:
    if await work.ledger.park(consumer, record, work.now):
        work.after_commit(_tell_parked, consumer, record, unknown)


def _tell_parked(consumer: str, record: Parked, unknown: bool) -> None:
    log.error("message_parked", consumer=consumer, topic=record.topic, error=record.error)
    _parked.add(1, {"consumer": consumer})
    if unknown:
        _unknown.add(1, {"consumer": consumer})


async def _lying(work: UnitOfWork) -> Mapping[str, int]:
    return await work.ledger.lying()


def _rewind(message: KafkaMessage) -> None:
    """Read the batch again: else the next batch's acknowledgement would pass this one by.

    Not the message's own nack(): it stops at the first partition that a rebalance took away, and forgets the others.
    """
    records: Any = message.raw_message
    consumer: Any = message.consumer
    first: dict[TopicPartition, int] = {}
    for record in records:
        partition = TopicPartition(record.topic, record.partition)
        first[partition] = min(record.offset, first.get(partition, record.offset))
    for partition in first.keys() & consumer.assignment():
        consumer.seek(partition, first[partition])


def _kept(headers: Sequence[tuple[str, bytes | None]]) -> Mapping[str, str]:
    """By name, as they can be stored; what stands a second time, which is poison, by `name#2` (see `Letter.decoded`)."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for name, value in headers:
        times[name] += 1
        kept = name if times[name] == 1 else f"{name}#{times[name]}"
        found[_storable(kept)] = _storable((value or b"").decode("latin-1"))
    return found


def _storable(text: str) -> str:
    """PostgreSQL's text holds no NUL: as CloudEvents writes it in a header. Nor what is no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "%00")


def subscribe(
    broker: KafkaBroker,
    subscription: Subscription,
    reading: Reading,
    receive: Callable[[KafkaMessage], Awaitable[None]],
) -> None:
    """The one factory of subscribers: batches, acknowledged by hand (trap 1), one at a time (trap 3)."""

    async def parse(records: tuple[Record, ...], original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
        # FastStream decodes headers as UTF-8 and passes a batch by when that fails, which would lose it. It gets the
        # first and the last one, which give a batch its id: what it makes of the others nobody reads.
        message = await original(tuple(replace(record, headers=()) for record in (records[0], records[-1])))
        message.raw_message = records
        return message

    async def hand_over(message: KafkaMessage, _original: object) -> object:
        return message

    subscriber = broker.subscriber(
        subscription.topic,
        group_id=subscription.name,
        batch=True,
        max_records=BATCH,
        ack_policy=AckPolicy.MANUAL,
        # What to do about an offset that is not there is `Reading`'s to say, and to tell.
        auto_offset_reset="none",
        listener=reading,
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_500,
        max_poll_interval_ms=int(_MOST_BUSY * 1000),
        fetch_min_bytes=_MUCH if subscription.gather_ms else 1,
        fetch_max_wait_ms=subscription.gather_ms or _FETCH_MS,
        parser=parse,
        decoder=hand_over,
    )

    async def poll(consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
        # FastStream's own sleeps after a poll that brought nothing, and what comes then waits for it.
        found = await reading.poll(consumer)
        return tuple(chain.from_iterable(found.values()))

    subscriber.get_msg = poll  # type: ignore[method-assign]
    subscriber(receive)
