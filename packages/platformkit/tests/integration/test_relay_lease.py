"""One relay at a time (D3): who holds the lease, who takes it over, and what the last holder may no longer do."""

import asyncio

import pytest
from proef.hulp import Proef, read_topic
from proef.relaying import holds, idle, running, sequences, tell
from sqlalchemy import text

from platformkit import failpoints
from platformkit.db.statement import Statement
from platformkit.outbox import relay as relay_module
from platformkit.outbox.relay import LeaseLostError
from platformkit.testing import eventually_async


async def test_a_second_relay_waits_and_takes_over(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "_LEASE", relay_module._LEASE / 10)
    async with idle(proef, 2) as (first, second):
        assert await first._lease() == 1
        with pytest.raises(LeaseLostError):
            await second._lease()

        async def taken() -> int | None:
            try:
                return await second._lease()
            except LeaseLostError:
                return None

        assert await eventually_async(taken) == 2


async def test_a_stopped_relay_gives_its_lease_away_at_once(proef: Proef) -> None:
    async with running(proef) as first:
        await eventually_async(lambda: holds(first))
    async with idle(proef) as (second,):
        assert await second._lease() == 2


async def test_a_paused_relay_that_wakes_up_removes_nothing(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_LEASE", relay_module._LEASE / 20)
    failpoints.arm("outbox.after_publish=pause:2")
    async with idle(proef, 2) as (paused, second):
        await tell(proef, topic, 1)
        turn = asyncio.create_task(paused._turn())
        # Published, but not removed; its lease runs out while it sleeps, and another takes over.
        assert sequences(await read_topic(proef.broker, topic, 1)) == [1]

        async def taken() -> bool:
            try:
                return await second._lease() == 2
            except LeaseLostError:
                return False

        await eventually_async(taken)
        with pytest.raises(LeaseLostError):
            await turn
        assert await proef.count("outbox") == 1


async def test_an_idle_relay_writes_its_lease_seldom(proef: Proef) -> None:
    async with running(proef) as relay:
        await eventually_async(lambda: holds(relay))
        before = await proef.rows("select xmin::text from relay_lease")
        for _ in range(20):
            await relay._lease()
        assert await proef.rows("select xmin::text from relay_lease") == before


async def test_a_crash_of_the_database_may_undo_a_removal_but_no_lease(proef: Proef) -> None:
    async def waits_for_disk(statement: Statement, **given: object) -> str:
        async with proef.relay.transaction() as connection:
            await connection.execute(statement, **given)
            ((said,),) = await connection.rows(Statement(text("show synchronous_commit")))
            return str(said)

    async with idle(proef) as (relay,):
        token = await relay._lease()
        for removal in (relay_module._REMOVE, relay_module._PARK):
            assert await waits_for_disk(removal, token=token, positions=[0]) == "off"
        lease = {"me": relay._holder, "lease": relay_module._LEASE}
        assert await waits_for_disk(relay_module._TAKE, **lease) == "on"
