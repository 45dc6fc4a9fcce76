"""What Kafka does not take (D3): it is parked or waits for its topic, and holds nothing else back."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from proef.hulp import Proef, read_topic
from proef.relaying import Producer, emptied, running, sequences, tell, telling_to

from platformkit.testing import eventually_async


async def test_what_is_too_large_for_any_topic_is_parked_and_neighbours_go_on(proef: Proef, topic: str) -> None:
    await tell(proef, topic, 1)
    await _swell(proef, 2_000_000)
    await tell(proef, topic, 2)
    async with running(proef):
        await eventually_async(lambda: _left(proef, 1))
    assert await proef.rows("select position, parked from outbox") == [(1, True)]
    assert sequences(await read_topic(proef.broker, topic, 1)) == [2]


async def test_what_the_broker_finds_too_large_is_parked_alone(
    proef: Proef, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic(max_message_bytes="20000")
    await tell(proef, topic, 1)
    await _swell(proef, 100_000)
    await tell(proef, topic, *range(2, 20))
    async with running(proef):
        await eventually_async(lambda: _left(proef, 1))
    assert await proef.rows("select position, parked from outbox") == [(1, True)]
    heard = sequences(await read_topic(proef.broker, topic, 18))
    assert sorted(set(heard)) == list(range(2, 20))


async def test_what_is_too_large_to_be_sent_reaches_no_broker(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request of more than the broker reads breaks the connection, again and again."""
    await tell(proef, "persoon", 1)
    await _swell(proef, 2_000_000)
    await tell(proef, "persoon", 2)
    producer = Producer(1)
    async with telling_to(proef, monkeypatch, producer) as relay:
        assert await relay._turn() == 2
    assert producer.heard == [["2"]]
    assert await proef.rows("select position, parked from outbox") == [(1, True)]


async def _swell(proef: Proef, size: int) -> None:
    # What does not compress: the broker judges the compressed size.
    await proef.rows(
        "update outbox set payload = (select string_agg(decode(md5(i::text), 'hex'), '') from generate_series(1, :n) i)",
        n=size // 16,
    )


async def _left(proef: Proef, count: int) -> bool:
    return await proef.count("outbox") == count and await proef.rows("select bool_and(parked) from outbox") == [True]


async def test_a_topic_that_is_not_there_holds_nothing_back_for_ever(proef: Proef, topic: str) -> None:
    missing = f"proef-{uuid4().hex[:8]}"
    await tell(proef, missing, 1)
    await tell(proef, topic, 2)
    async with running(proef):
        await eventually_async(lambda: _left_any(proef, 1), seconds=40)
        admin = AIOKafkaAdminClient(**proef.broker.client())
        await admin.start()
        await admin.create_topics([NewTopic(missing, 1, 1)])
        await admin.close()
        await eventually_async(lambda: emptied(proef), seconds=40)
    assert sequences(await read_topic(proef.broker, topic, 1)) == [2]
    assert sequences(await read_topic(proef.broker, missing, 1)) == [1]


async def _left_any(proef: Proef, count: int) -> bool:
    return await proef.count("outbox") == count
