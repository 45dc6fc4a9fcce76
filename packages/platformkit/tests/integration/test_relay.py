"""The relay (D3): what was committed is told at least once, and in order per key."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from proef.events import gewijzigd
from proef.hulp import Proef, context, read_topic
from proef.relaying import ME, Producer, emptied, running, sequences, tell, telling_to

from platformkit.executor import UnitOfWork
from platformkit.outbox import relay as relay_module
from platformkit.outbox.partitioner import partition_of
from platformkit.testing import eventually_async


async def test_order_per_key_holds_over_many_batches(proef: Proef, make_topic: Callable[..., Awaitable[str]]) -> None:
    topic = await make_topic(partitions=4)
    people = [uuid4() for _ in range(5)]
    async with running(proef):
        for first in range(0, 400, 100):
            for person in people:
                await tell(proef, topic, *range(first, first + 100), person=person)
        await eventually_async(lambda: emptied(proef))
    records = await read_topic(proef.broker, topic, 2000)
    for person in people:
        assert sequences(records, person) == list(range(400))


async def test_what_is_rolled_back_is_never_told(proef: Proef, topic: str) -> None:
    async def failing(work: UnitOfWork) -> None:
        work.emit(gewijzigd(topic, uuid4()), version=1)
        await work.flush()
        raise ValueError

    async with running(proef):
        with pytest.raises(ValueError):  # noqa: PT011
            await proef.executor("api").execute(failing, context(ME))
        await tell(proef, topic, 2)
        await eventually_async(lambda: emptied(proef))
    assert sequences(await read_topic(proef.broker, topic, 1)) == [2]


@pytest.mark.parametrize(("point", "heard"), [("before_publish", 1), ("after_publish", 2)])
async def test_killed_at_any_point_it_tells_at_least_once(
    proef: Proef, topic: str, start: Callable[..., object], point: str, heard: int
) -> None:
    await tell(proef, topic, 1)
    killed = start("relay", FAILPOINTS=f"outbox.{point}=kill")
    assert await asyncio.to_thread(killed.wait, 30) == -9  # type: ignore[attr-defined]
    assert await proef.count("outbox") == 1
    await proef.rows("update relay_lease set until = now()")  # what ten seconds do
    async with running(proef):
        await eventually_async(lambda: emptied(proef))
    assert sequences(await read_topic(proef.broker, topic, heard)) == [1] * heard


async def test_what_stands_behind_a_failure_of_its_key_is_sent_again_after_it(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the last thing said of an aggregate is the last that happened, though a part of what was sent failed."""
    me, other = (next(each for each in iter(uuid4, None) if partition_of(str(each).encode(), 2) == at) for at in (0, 1))
    for person, version in ((me, 1), (me, 2), (other, 4), (me, 3)):
        await tell(proef, "persoon", version, person=person)
    producer = Producer(2, None, KafkaTimeoutError())
    producer.room = 1  # one event in each batch
    async with telling_to(proef, monkeypatch, producer) as relay:
        with pytest.raises(KafkaTimeoutError):
            await relay._turn()
    assert producer.heard == [["1"], ["2"], ["4"], ["3"]]
    left = await proef.rows("select key, headers->>'ce_sequence' from outbox order by position")
    assert left == [(str(me), "2"), (str(me), "3")]


async def test_what_was_read_ahead_is_not_sent_before_what_failed(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_BATCH", 2)
    await tell(proef, "persoon", 1, 2, 3, 4)
    producer = Producer(1, MessageSizeTooLargeError())
    async with telling_to(proef, monkeypatch, producer) as relay:
        monkeypatch.setattr(relay._search, "due", lambda: False)  # so that it reads ahead
        while await proef.count("outbox"):
            await relay._turn()
    assert producer.heard == [["1", "2"], ["1"], ["2"], ["3", "4"]]
