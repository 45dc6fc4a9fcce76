"""Kafka or the relay's own connection goes away (D3): it waits, goes on and tells all."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from aiokafka.errors import TopicAuthorizationFailedError
from proef.hulp import Proef, read_topic
from proef.relaying import Producer, emptied, holds, running, sequences, tell, telling_to

from lokaal.stack import Stack
from platformkit import retry
from platformkit.health import Heartbeat
from platformkit.testing import eventually_async


async def test_it_waits_for_a_broker_that_is_away(proef: Proef, servers: Stack, topic: str) -> None:
    await tell(proef, topic, 1)
    async with running(proef):
        await eventually_async(lambda: emptied(proef))
        servers.kill("kafka")
        await tell(proef, topic, 2)
        await tell(proef, topic, 3)
        await asyncio.to_thread(servers.restart, "kafka")
        await eventually_async(lambda: emptied(proef), seconds=40)
    heard = sequences(await read_topic(proef.broker, topic, 3))
    assert set(heard) == {1, 2, 3}
    assert heard[-1] == 3


async def test_it_takes_another_connection_when_its_own_breaks(proef: Proef, topic: str) -> None:
    async with running(proef) as relay:
        await eventually_async(lambda: holds(relay))
        await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_relay'")
        await tell(proef, topic, 1)
        await eventually_async(lambda: emptied(proef))


async def test_whenever_its_connection_is_cut_it_goes_on(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a statement the driver has half a dozen ways to say so, some of them its own mistakes."""
    monkeypatch.setattr(retry, "_FIRST", 0.01)
    monkeypatch.setattr(retry, "_JITTER", 0.0)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_relay'"
    async with running(proef):
        for number in range(100):
            await tell(proef, topic, number)
            await asyncio.sleep(number % 25 / 1000)  # not a wait: each cut comes at another moment
            await proef.rows(cut)
        await eventually_async(lambda: emptied(proef))
    told = sequences(await read_topic(proef.broker, topic, 100))
    assert set(told) == set(range(100))


async def test_a_publish_that_never_ends_ends_the_life_of_a_relay(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(proef, "persoon", 1)
    producer, heartbeat = Producer(1), Heartbeat(None, limit=0.5)
    async with telling_to(proef, monkeypatch, producer) as relay:
        working = asyncio.create_task(relay.run(asyncio.Event(), heartbeat))
        await eventually_async(lambda: emptied(proef))
        assert heartbeat.ready
        producer.silent = True
        await tell(proef, "persoon", 2)
        await eventually_async(_is_dead(heartbeat))
        working.cancel()
        await asyncio.wait([working])
    assert await proef.count("outbox") == 1


async def test_what_the_broker_never_allows_waits_and_is_told_in_the_log(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Restarting helps nobody, so it stays alive: the age of the outbox raises the alarm."""
    await tell(proef, "persoon", 1)
    producer, heartbeat = Producer(1, *[TopicAuthorizationFailedError("persoon")] * 4), Heartbeat(None)
    async with telling_to(proef, monkeypatch, producer) as relay:
        stop = asyncio.Event()
        working = asyncio.create_task(relay.run(stop, heartbeat))
        try:
            await eventually_async(lambda: emptied(proef))
            assert heartbeat.alive
        finally:
            stop.set()
            await working
    assert producer.heard == [["1"]] * 5
    assert capsys.readouterr().out.count("relay_waits") == 4


@pytest.mark.parametrize("where", ["hand_over", "result"])
async def test_what_fails_in_a_way_that_nobody_thought_of_ends_the_relay_and_removes_nothing(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async def fails(*_given: object) -> None:
        raise RuntimeError("geheim")

    await tell(proef, "persoon", 1)
    async with telling_to(proef, monkeypatch, Producer(1)) as relay:
        monkeypatch.setattr(relay._publisher, where, fails)
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(relay.run(asyncio.Event(), Heartbeat(None)), 20)
    assert await proef.count("outbox") == 1


def _is_dead(heartbeat: Heartbeat) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return not heartbeat.alive

    return ask


async def test_what_a_migration_takes_away_for_a_while_is_waited_for(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[type[Exception]] = []
    after = retry.Patience.after

    def noted(patience: retry.Patience, error: Exception) -> float:
        waited.append(type(error))
        return after(patience, error)

    async def waits() -> bool:
        return asyncpg.UndefinedColumnError in waited

    monkeypatch.setattr(retry.Patience, "after", noted)
    async with running(proef):
        await proef.rows("alter table outbox rename column payload to weg")
        try:
            await eventually_async(waits)
        finally:
            await proef.rows("alter table outbox rename column weg to payload")
        await tell(proef, topic, 1)
        await eventually_async(lambda: emptied(proef))
    assert sequences(await read_topic(proef.broker, topic, 1)) == [1]
