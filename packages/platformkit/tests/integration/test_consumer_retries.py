"""What passes by itself (D5): the consumer keeps its batch, parks nothing and tries again."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from proef.consuming import has_seen, record, remember, running, send
from proef.hulp import Proef

from platformkit.envelope import Message
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork
from platformkit.messaging import consumer as consumer_module
from platformkit.testing import eventually_async


async def test_a_passing_failure_keeps_the_batch_and_its_order(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the patience the batch goes back to Kafka and is read again; later messages wait behind it."""
    monkeypatch.setattr(consumer_module, "_PATIENCE", 0.2)
    monkeypatch.setattr(consumer_module, "_BREATH", 0.05)
    tries = 0

    async def flaky(work: UnitOfWork, messages: Sequence[Message]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 6:
            raise TransientError("weg")
        await remember(work, messages)

    await send(proef, topic, record(1), record(2))
    async with running(proef, topic, flaky):
        await eventually_async(_true_when(lambda: tries > 3))
        await send(proef, topic, record(3))
        await eventually_async(lambda: has_seen(proef, 1, 2, 3))
    assert await proef.count("dead_letter") == 0


def _true_when(check: Callable[[], bool]):  # type: ignore[no-untyped-def]
    async def ask() -> bool:
        return check()

    return ask


async def test_a_database_that_is_away_is_waited_for(proef: Proef, topic: str) -> None:
    async with running(proef, topic):
        await proef.rows("revoke connect on database proef from proef_worker")
        await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_worker'")
        try:
            await send(proef, topic, record(1))
        finally:
            await proef.rows("grant connect on database proef to proef_worker")
        await eventually_async(lambda: has_seen(proef, 1))


async def test_a_missing_grant_parks_nothing(proef: Proef, topic: str) -> None:
    """A deployment under way: it is not the message's fault."""
    tries = 0

    async def counting(work: UnitOfWork, messages: Sequence[Message]) -> None:
        nonlocal tries
        tries += 1
        await remember(work, messages)

    await proef.rows("revoke insert on gezien from proef_worker")
    try:
        await send(proef, topic, record(1), record(2))
        async with running(proef, topic, counting):
            await eventually_async(_true_when(lambda: tries >= 2))
            assert await proef.count("dead_letter") == 0
            await proef.rows("grant insert on gezien to proef_worker")
            await eventually_async(lambda: has_seen(proef, 1, 2))
    finally:
        await proef.rows("grant insert on gezien to proef_worker")


async def test_it_waits_for_a_broker_that_is_not_there_yet(proef: Proef, topic: str, servers) -> None:  # type: ignore[no-untyped-def]
    servers.kill("kafka")
    async with running(proef, topic):
        await asyncio.to_thread(servers.restart, "kafka")
        await send(proef, topic, record(1))
        await eventually_async(lambda: has_seen(proef, 1), seconds=40)
