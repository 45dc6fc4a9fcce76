"""An owner reads back what it told: all of it, in order, to where the topic ends now."""

from collections.abc import Awaitable, Callable

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError
from proef.consuming import record, send
from proef.events import NOW
from proef.hulp import SOURCE, Proef

from platformkit.envelope import Place
from platformkit.messaging.told import told


async def test_all_that_stands_there_is_read_and_poison_is_passed_over(
    proef: Proef, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic()
    await send(proef, topic, *(record(version) for version in range(1, 1001)))
    await send(proef, topic, ([], b"poison"), record(1001))
    read: list[int] = []
    async for messages in told(proef.broker, Place(topic, SOURCE, NOW)):
        if not read:
            await send(proef, topic, record(1002))
        read += [message.version for message in messages]
    assert read[:1001] == list(range(1, 1002))
    assert len(read) in {1001, 1002}, "what came since may be in the last batch"


async def test_a_topic_that_the_broker_does_not_know_is_not_an_empty_one(proef: Proef) -> None:
    with pytest.raises(UnknownTopicOrPartitionError):
        await anext(told(proef.broker, Place("bestaat-niet", SOURCE, NOW)))
