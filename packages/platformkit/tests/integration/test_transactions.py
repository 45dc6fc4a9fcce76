"""Transactions of the driver on connections of the pool: whatever cuts one off, the next one is whole."""

import asyncio
import os
import signal
from uuid import UUID, uuid4

import pytest
from proef.hulp import Proef, context
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from platformkit.db.engine import Transactions, make_engine
from platformkit.db.prepared import Prepared
from platformkit.retry import is_transient

ME = uuid4()
WHO = Prepared(select(func.pg_backend_pid()))


@pytest.fixture
async def engine(proef: Proef) -> AsyncEngine:
    """With one connection, so that each transaction gets the one that the former has left."""
    return make_engine(proef.api.url.render_as_string(hide_password=False), pool=1, application="proef")


async def make(connection: AsyncConnection) -> UUID:
    made = uuid4()
    await context(ME).apply(connection)
    await connection.execute(text("insert into ding values (:id, :me, '0392', '')"), {"id": made, "me": ME})
    return made


async def test_what_is_said_to_be_committed_is_whatever_was_cut_off_before(proef: Proef, engine: AsyncEngine) -> None:
    transactions = Transactions(engine)

    async def whole() -> UUID:
        async with transactions.begin() as connection:
            return await make(connection)

    for turns in range(60):
        cut = asyncio.create_task(whole())
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        cut.cancel()
        await asyncio.wait([cut])
        made = await whole()
        assert await proef.rows("select id from ding where id = :id", id=made) == [made], turns
    await engine.dispose()


async def test_what_is_cut_off_is_not_tried_again(proef: Proef) -> None:
    """Else the deadline of a request, which cuts off once, would be none."""
    tries = 0

    async def slow(connection: AsyncConnection) -> None:
        nonlocal tries
        tries += 1
        await connection.execute(text("select pg_sleep(0.5)"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await proef.executor("worker").read(slow, None)
    assert tries == 1


async def test_what_is_cut_off_does_not_wait_for_a_server_that_is_silent(proef: Proef) -> None:
    asked = asyncio.Event()
    stopped: list[int] = []

    async def silent(connection: AsyncConnection) -> None:
        ((pid,),) = await WHO.rows(connection)
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
        asked.set()
        await WHO.rows(connection)

    reading = asyncio.create_task(proef.executor("worker").read(silent, None))
    try:
        await asked.wait()
        reading.cancel()
        done, _ = await asyncio.wait([reading], timeout=10)
        assert done == {reading}
        assert reading.cancelled()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


async def test_a_lost_connection_is_transient_and_not_handed_out_again(proef: Proef, engine: AsyncEngine) -> None:
    transactions = Transactions(engine)

    async def lose() -> None:
        async with transactions.begin() as connection:
            (pid,) = (await connection.execute(text("select pg_backend_pid()"))).one()
            await proef.rows("select pg_terminate_backend(:pid)", pid=pid)
            await connection.execute(text("select 1"))

    with pytest.raises(ConnectionResetError) as lost:
        await lose()
    assert is_transient(lost.value)
    async with transactions.begin() as connection:
        await make(connection)
    await engine.dispose()
