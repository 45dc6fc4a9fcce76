"""What the consumer tells of its reading on a real broker (D5): alive or not, behind or not, and what went unread."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import TopicAuthorizationFailedError
from proef.consuming import has_seen, make, record, remember, running, send, subscribed
from proef.hulp import Proef

from lokaal import testing
from lokaal.stack import Stack
from platformkit import gauges
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.messaging import reading as module
from platformkit.messaging.consumer import Consumer
from platformkit.testing import eventually_async


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The gauges of the reading as they were set last, measured ten times a second."""
    found: dict[str, float] = {}
    pause = asyncio.sleep
    monkeypatch.setattr(gauges, "_wait", lambda _seconds: pause(0.1))
    for name in ("silence", "lag", "age", "missed"):

        def put(value: float, attributes: Mapping[str, str], name: str = name) -> None:
            found[f"{name} {attributes['partition']}" if "partition" in attributes else name] = value

        monkeypatch.setattr(getattr(module, f"_{name}"), "add" if name == "missed" else "set", put)
    return found


@pytest.fixture
async def admin(proef: Proef) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**proef.broker.client())
    await client.start()
    yield client
    await client.close()


@asynccontextmanager
async def beating(consumer: Consumer, heartbeat: Heartbeat) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop, heartbeat))
    try:
        yield
    finally:
        stop.set()
        await task


def when(check: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return check()

    return ask


async def test_polls_that_fail_end_the_life_of_a_consumer_and_one_that_comes_back_begins_it(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch, told: Mapping[str, float]
) -> None:
    heartbeat, getmany, refused = Heartbeat(None, limit=2.0), AIOKafkaConsumer.getmany, False

    async def poll(client: AIOKafkaConsumer, **given: Any) -> Any:
        if refused:
            raise TopicAuthorizationFailedError(topic)
        return await getmany(client, **given)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", poll)
    consumer = make(proef, topic)
    consumer._readings[0]._silent = 1.5
    async with beating(consumer, heartbeat):
        await eventually_async(when(lambda: heartbeat.ready))
        await eventually_async(when(lambda: told.get("age 0", 9.0) < 1.0))
        refused = True
        await eventually_async(when(lambda: not heartbeat.alive))
        assert told["silence"] > 1.0
        refused = False
        await eventually_async(when(lambda: heartbeat.alive))


async def test_what_is_not_handled_is_told_as_lag_and_grows_old(
    proef: Proef, topic: str, told: Mapping[str, float]
) -> None:
    go_on = asyncio.Event()

    async def slow(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await go_on.wait()
        await remember(work, messages)

    await send(proef, topic, *(record(version) for version in (1, 2, 3)))
    async with running(proef, topic, slow):
        await eventually_async(when(lambda: told.get("lag 0") == 3 and told["age 0"] > 1.0))
        assert told["silence"] == 0.0
        go_on.set()
        await eventually_async(when(lambda: told["lag 0"] == 0 and told["age 0"] < 1.0))


async def test_who_waits_for_a_broker_to_begin_with_tells_of_its_silence(
    proef: Proef, topic: str, told: Mapping[str, float]
) -> None:
    heartbeat, nowhere = (
        Heartbeat(None),
        dataclasses.replace(proef, broker=dataclasses.replace(proef.broker, bootstrap="127.0.0.1:1")),
    )
    async with beating(make(nowhere, topic), heartbeat):
        await eventually_async(when(lambda: told.get("silence", 0.0) > 1.0))
        assert heartbeat.alive
        assert not heartbeat.ready


async def test_who_may_not_read_says_so_and_is_not_ready(
    proef: Proef, topic: str, servers: Stack, told: Mapping[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    heartbeat, match = Heartbeat(None), testing.broker(servers.addresses, "match")
    subscription = dataclasses.replace(subscribed(topic), name=f"match.{topic}")
    async with beating(Consumer(match, proef.executor("worker"), [subscription]), heartbeat):
        await eventually_async(when(lambda: told.get("silence", 0.0) > 2.0))
        assert not heartbeat.ready
    assert "TopicAuthorizationFailedError" in capsys.readouterr().out


@pytest.mark.timeout(180)
async def test_a_broker_that_is_away_is_waited_for_alive_while_what_is_unread_grows_old(
    proef: Proef, topic: str, servers: Stack, told: Mapping[str, float]
) -> None:
    # Longer than a busy machine holds up the loop; with the silence below, shorter than what is waited for.
    heartbeat, consumer = Heartbeat(None, limit=10.0), make(proef, topic)
    # Less than it waits after a poll that failed: one would be seen.
    consumer._readings[0]._silent = 4.0
    async with beating(consumer, heartbeat):
        await eventually_async(when(lambda: told.get("age 0", 9.0) < 1.0))
        servers.kill("kafka")
        try:
            await eventually_async(when(lambda: told["age 0"] > 15.0), seconds=40)
            assert heartbeat.alive
        finally:
            await asyncio.to_thread(servers.restart, "kafka")
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1), seconds=60)
        await eventually_async(when(lambda: told["age 0"] < 1.0))


async def test_a_topic_that_comes_later_is_silence_until_it_is_there(
    proef: Proef, admin: AIOKafkaAdminClient, told: Mapping[str, float]
) -> None:
    topic, heartbeat = f"proef-{uuid4().hex[:12]}", Heartbeat(None)
    async with beating(make(proef, topic), heartbeat):
        await eventually_async(when(lambda: told.get("silence", 0.0) > 2.0))
        assert heartbeat.alive
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1), seconds=40)
        await eventually_async(when(lambda: told["silence"] < 2.0))


async def test_a_topic_that_is_deleted_is_silence(
    proef: Proef, topic: str, admin: AIOKafkaAdminClient, told: Mapping[str, float]
) -> None:
    async with running(proef, topic):
        await eventually_async(when(lambda: "age 0" in told and told["silence"] < 2.0))
        await admin.delete_topics([topic])
        await eventually_async(when(lambda: told["silence"] > 2.0), seconds=40)


async def test_one_of_two_on_one_partition_has_none_and_is_well(
    proef: Proef, topic: str, told: Mapping[str, float]
) -> None:
    beats = [Heartbeat(None), Heartbeat(None)]
    both = [make(proef, topic), make(proef, topic)]
    async with beating(both[0], beats[0]), beating(both[1], beats[1]):

        async def divided() -> bool:
            clients = [each._readings[0]._consumer for each in both]
            assigned = [len(each.assignment()) if each else 9 for each in clients]
            return sorted(assigned) == [0, 1] and all(each._readings[0]._in_group for each in both)

        await eventually_async(divided, seconds=40)
        for each in both:
            await each._readings[0].measure()
            assert told["silence"] < 5.0
        assert all(each.alive for each in beats)


async def test_events_that_went_before_they_were_read_are_told_and_the_rest_is_read(
    proef: Proef, topic: str, admin: AIOKafkaAdminClient, told: Mapping[str, float]
) -> None:
    await send(proef, topic, record(1))
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1))
    await send(proef, topic, record(2), record(3), record(4))
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=3)})
    async with running(proef, topic):
        await eventually_async(lambda: has_seen(proef, 1, 4))
    assert told["missed"] == 1
