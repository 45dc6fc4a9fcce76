"""What passes by itself (D5): the consumer keeps its batch, parks nothing and tries again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from proef.consuming import ME, has_seen, make, record, remember, running, send, subscribed
from proef.events import NOW, gewijzigd
from proef.hulp import Proef

from platformkit import testing
from platformkit.envelope import Message
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork
from platformkit.executor.ledger import Ledger
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


async def test_what_fails_in_a_way_that_nobody_thought_of_is_not_acknowledged(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither passed by nor put aside, because putting aside is what fails: it is read again, with what comes after it."""
    monkeypatch.setattr(consumer_module, "_BREATH", 0.05)
    fails, tries, park = True, 0, Ledger.park

    async def failing(ledger: Ledger, *given: Any) -> bool:
        nonlocal tries
        tries += 1
        if fails:
            raise RuntimeError("geheim")
        return await park(ledger, *given)

    async def refuses_one(work: UnitOfWork, messages: Sequence[Message]) -> None:
        if any(message.version == 1 for message in messages):
            raise ValueError("geheim")
        await remember(work, messages)

    monkeypatch.setattr(Ledger, "park", failing)
    await send(proef, topic, record(1))
    async with running(proef, topic, refuses_one):
        await eventually_async(_true_when(lambda: tries > 1))
        assert await proef.count("dead_letter") == 0
    # Nor by whoever comes after it.
    fails = False
    async with running(proef, topic, refuses_one):
        await send(proef, topic, record(2))
        await eventually_async(lambda: has_seen(proef, 2))
    assert await proef.rows('select "offset", error from dead_letter') == [(0, "ValueError")]


async def test_a_batch_counts_as_read_when_every_message_of_it_was_handled_or_put_aside(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `handle` says decides on the offsets: it says yes of nothing that is nowhere."""

    async def nowhere(_ledger: Ledger, *_given: Any) -> bool:
        raise ConnectionResetError

    async def refuses(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        raise ValueError

    monkeypatch.setattr(consumer_module, "_PATIENCE", 0.1)
    monkeypatch.setattr(Ledger, "park", nowhere)
    good = testing.record(gewijzigd("proef", ME), 1, NOW)
    broken = testing.record(gewijzigd("proef", ME), 1, NOW, offset=1)
    broken.value = b"{"
    for handler, batch in ((refuses, [good]), (remember, [good, broken])):
        assert not await make(proef, "proef", handler).handle(subscribed("proef", handler), batch)
    assert await proef.count("gezien") == 0
