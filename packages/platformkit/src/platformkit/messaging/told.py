"""What stands on a topic, read from its begin to where it ends now: for the owner, who was set back and asks what he told."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownTopicOrPartitionError

from platformkit.broker import Broker
from platformkit.envelope import Message, Place, PoisonError, decode
from platformkit.messaging.reading import BATCH

_POLL_MS = 1_000


async def told(broker: Broker, place: Place) -> AsyncGenerator[Sequence[Message], None]:
    """The messages on the topic of `place`, a batch at a time, each partition in order; what is poison is passed over.

    Raises:
        KafkaError: the broker is away, refuses, or does not know the topic.
    """
    consumer = AIOKafkaConsumer(place.topic, **broker.client(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        if not consumer.assignment():
            # Not the same as nothing on it: a broker that has just started may not know it yet.
            raise UnknownTopicOrPartitionError(place.topic)
        left = {partition: end for partition, end in (await consumer.end_offsets(consumer.assignment())).items() if end}
        await consumer.seek_to_beginning()
        while left := {each: end for each, end in left.items() if await consumer.position(each) < end}:
            found = await consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=BATCH)
            batch = []
            for record in (each for records in found.values() for each in records):
                with suppress(PoisonError):
                    batch.append(decode(record.headers, record.key, record.value, place))
            if batch:
                yield batch
    finally:
        await consumer.stop()
