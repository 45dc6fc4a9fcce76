"""Consumers come and go (D5, trap 4): stopped, killed or rebalanced, each message has one effect."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from proef.consuming import ME, at_least, has_seen, record, remember, running, seen, send
from proef.hulp import Proef

from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.messaging import consumer as consumer_module
from platformkit.testing import eventually_async


async def test_cancelled_at_shutdown_it_is_read_again(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 4 (FastStream #3000, #2618), with the pinned version."""
    monkeypatch.setattr(consumer_module, "_GRACE", 0.2)
    entered = asyncio.Event()

    async def endless(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        entered.set()
        await asyncio.Event().wait()

    await send(proef, topic, record(1), record(2))
    async with running(proef, topic, endless):
        await asyncio.wait_for(entered.wait(), 20)
    assert await seen(proef) == []
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2))


async def test_a_stop_finishes_the_batch_and_acknowledges_it(proef: Proef, topic: str) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(work: UnitOfWork, messages: Sequence[Message]) -> None:
        entered.set()
        await go_on.wait()
        await remember(work, messages)

    await send(proef, topic, record(1))
    stopping = asyncio.get_running_loop()
    async with running(proef, topic, slow):
        await asyncio.wait_for(entered.wait(), 20)
        stopping.call_later(0.5, go_on.set)
    assert await seen(proef) == [1]
    await proef.rows("truncate inbox")
    await send(proef, topic, record(2))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 2))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_between_work_and_offset_it_has_one_effect(
    proef: Proef, topic: str, start: Callable[..., object], point: str
) -> None:
    await send(proef, topic, record(1), record(2))
    env = {"TOPIC": topic, "GROEP": f"groep-{topic}"}
    killed = start("consumer", FAILPOINTS=f"consumer.{point}=kill", **env)
    # To start takes a busy machine long: it took 40 seconds once, of which the group's session is six.
    assert await asyncio.to_thread(killed.wait, 120) == -9  # type: ignore[attr-defined]
    assert await seen(proef) == ([] if point == "before_commit" else [1, 2])
    async with running(proef, topic):
        await send(proef, topic, record(3))
        await eventually_async(lambda: has_seen(proef, 1, 2, 3), seconds=40)


async def test_a_rebalance_loses_nothing_and_doubles_nothing(proef: Proef, make_topic: Callable[..., object]) -> None:
    topic = await make_topic(partitions=4)  # type: ignore[misc]
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(**proef.broker.client())
    await producer.start()

    async def more(first: int) -> None:
        for version in range(first, first + 200):
            headers, value = record(version)
            await producer.send(topic, value, key=str(ME).encode(), headers=headers, partition=version % 4)
        await producer.flush()

    async def all_seen() -> bool:
        return await proef.count("gezien") >= 600

    async def slowly(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await asyncio.sleep(0.01)
        await remember(work, messages)

    async with running(proef, topic, slowly):
        await more(1)
        async with running(proef, topic, slowly):
            await more(201)
            await eventually_async(lambda: at_least(proef, 300), seconds=40)
        await more(401)
        await eventually_async(all_seen, seconds=40)
    await producer.stop()
    assert sorted(await seen(proef)) == list(range(1, 601))
    assert await proef.count("dead_letter") == 0


async def test_a_batch_given_back_after_a_rebalance_rewinds_what_is_left(proef: Proef) -> None:
    """nack() of the library stops at the first partition that went away, and the next commit skips the others."""
    from aiokafka import TopicPartition

    class Assigned:
        sought: dict[TopicPartition, int] = {}

        def assignment(self) -> frozenset[TopicPartition]:
            return frozenset({TopicPartition("t", 1)})

        def seek(self, partition: TopicPartition, offset: int) -> None:
            self.sought[partition] = offset

    class Some:
        def __init__(self, partition: int, offset: int) -> None:
            self.topic, self.partition, self.offset = "t", partition, offset

    class Batch:
        raw_message = (Some(0, 7), Some(1, 4), Some(1, 3))
        consumer = Assigned()

    consumer_module._rewind(Batch())  # type: ignore[arg-type]
    assert Assigned.sought == {TopicPartition("t", 1): 3}
