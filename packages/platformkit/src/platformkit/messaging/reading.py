"""How the reading of one subscription goes (D5): whether it is alive, how far behind it is, how old what it did not read.

From what the client knows anyway, without asking the broker: when that is silent the figures go on growing. What is
clear of unread events is so up to a moment; that moment moves on with each answer of the broker, per partition.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from opentelemetry import metrics

from platformkit.logging import get_logger

BATCH = 500
"""The most records that a poll brings."""
_POLL_MS = 1_000
# Six polls that fail: the library waits five seconds after each.
_SILENT = 30.0

log = get_logger()
_meter = metrics.get_meter("platformkit")
_silence = _meter.create_gauge("consumer.silence", unit="s")
_lag = _meter.create_gauge("consumer.lag", unit="{event}")
_age = _meter.create_gauge("consumer.unread_age", unit="s")
_missed = _meter.create_counter("consumer.out_of_range", unit="{partition}")

Found = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class _Hand(NamedTuple):
    """Of a partition what is being handled: the first offset, and the moments of the first and the last record."""

    offset: int
    first: float
    last: float


class Reading(ConsumerRebalanceListener):  # type: ignore[misc]
    """Of the consumer `name` on `topic`.

    Args:
        busy: for how many seconds the group bears a member with a batch in hand.
        silent: how many seconds without a poll that came back mean that it is not alive.
    """

    def __init__(self, name: str, topic: str, *, busy: float, silent: float = _SILENT) -> None:
        self._name, self._topic = name, topic
        self._busy, self._silent = busy, silent
        self._consumer: AIOKafkaConsumer | None = None
        self._in_group = False
        self._hand: Mapping[TopicPartition, _Hand] = {}
        self._clear: dict[TopicPartition, float] = {}
        self.begin()

    def begin(self) -> None:
        """It is about to poll."""
        self._polled_at = self._well_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether its poll came back not long ago, or it has a batch in hand."""
        return time.monotonic() - self._polled_at < (self._busy if self._hand else self._silent)

    async def poll(self, consumer: AIOKafkaConsumer) -> Found:
        """The next records.

        Raises:
            ConsumerStoppedError: it was stopped.
            KafkaError: the broker refuses, or the client broke. Told in the log.
        """
        self._consumer = consumer
        try:
            found = await self._poll(consumer)
        except ConsumerStoppedError:
            raise
        except Exception as error:
            log.error("poll_failed", consumer=self._name, error=type(error).__qualname__)
            # What is no error of Kafka the library tries again without a pause.
            raise KafkaError(type(error).__qualname__) from None
        self._polled_at = time.monotonic()
        # Without a partition when others have them all: well. Not in the group, or without a topic: not.
        if self._in_group and consumer.partitions_for_topic(self._topic):
            self._well_at = self._polled_at
        self._hand = {
            partition: _Hand(records[0].offset, _moment(records[0]), _moment(records[-1]))
            for partition, records in found.items()
            if records
        }
        return found

    async def _poll(self, consumer: AIOKafkaConsumer) -> Found:
        # When its task ended it tells nobody: polls would come back empty for ever.
        if consumer._fetcher._fetch_task.done():  # noqa: SLF001
            raise KafkaError("the client fetches no more")
        try:
            found: Found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH)
        except NoOffsetForPartitionError as error:
            # The group never read it.
            await _rewind(consumer, error.args)
        except OffsetOutOfRangeError as error:
            # Its events went before they were read, or the topic was made anew. Go on with what there is, and say so.
            (places,) = error.args
            for place in places:
                log.error("offset_out_of_range", consumer=self._name, topic=place.topic, partition=place.partition)
                _missed.add(1, {"consumer": self._name})
            await _rewind(consumer, places)
        else:
            return found
        return {}

    def done(self, *, handled: bool) -> None:
        """The batch of the last poll is handled and acknowledged, or will be read again."""
        if handled:
            self._clear |= {partition: hand.last for partition, hand in self._hand.items()}
        self._hand = {}
        self._polled_at = self._well_at = time.monotonic()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The group is being divided anew."""
        self._in_group = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Its part of the topic, which may be nothing."""
        self._in_group = True

    async def measure(self) -> None:
        """Set the gauges."""
        _silence.set(0.0 if self._hand else time.monotonic() - self._well_at, {"consumer": self._name})
        consumer, now = self._consumer, time.time()
        mine = consumer.assignment() if consumer is not None else frozenset()
        for partition in self._clear.keys() - mine:
            # Another one's: it tells.
            del self._clear[partition]
            self._tell(partition, 0, 0.0)
        for partition in mine:
            lag, clear = await self._state(consumer, partition, now)
            self._clear[partition] = clear
            self._tell(partition, lag, max(0.0, now - clear))

    async def _state(self, consumer: Any, partition: TopicPartition, now: float) -> tuple[int, float]:
        """How many events were not handled, and up to which moment there are none."""
        clear, answered = self._clear.get(partition, now), consumer.last_poll_timestamp(partition)
        if answered is None:
            return 0, clear
        hand = self._hand.get(partition)
        reached = hand.offset if hand else await consumer.position(partition)
        lag = max(0, consumer.highwater(partition) - reached)
        return lag, hand.first if hand else clear if lag else answered / 1000

    def _tell(self, partition: TopicPartition, lag: int, age: float) -> None:
        number = str(partition.partition)
        _lag.set(lag, {"consumer": self._name, "partition": number})
        _age.set(age, {"consumer": self._name, "partition": number})


async def _rewind(consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> None:
    mine = set(partitions) & consumer.assignment()
    if mine:
        await consumer.seek_to_beginning(*mine)


def _moment(record: ConsumerRecord) -> float:
    """When its sender says that it was sent."""
    return float(record.timestamp) / 1000
