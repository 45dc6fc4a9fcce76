"""Transactions on connections of the pool: whatever cuts one off, the next one is whole."""

import asyncio
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from proef.adapters.db.tables import ding
from proef.events import NOW
from proef.hulp import Proef
from sqlalchemy import bindparam, func, insert, select, text

from platformkit.clock import FixedClock
from platformkit.db import database as database_module
from platformkit.db.database import Connection, Database, SwallowedError
from platformkit.db.statement import Statement
from platformkit.errors import ConstraintError, DomainError
from platformkit.executor import Executor, UnitOfWork
from platformkit.health import Heartbeat
from platformkit.retry import is_transient, passes
from platformkit.service import every
from platformkit.testing import eventually_async

WHO = Statement(select(func.pg_backend_pid().label("pid")))
SLEEP = Statement(select(func.pg_sleep(bindparam("seconds"))))
MAKE = Statement(
    insert(ding).values(id=bindparam("id"), eigenaar=bindparam("id"), gemeente="0392", tekst="").returning(ding.c.id)
)


@pytest.fixture
async def database(proef: Proef) -> AsyncIterator[Database]:
    """With one connection, so that each transaction gets the one that the former has left."""
    made = Database(proef.addresses["worker"], pool=1, application="test")
    yield made
    await made.close()


async def make(connection: Connection) -> UUID:
    made = uuid4()
    await connection.rows(MAKE, id=made)
    return made


async def whole(database: Database) -> UUID:
    async with database.transaction() as connection:
        return await make(connection)


async def alone(database: Database) -> UUID:
    made = uuid4()
    await database.execute(MAKE, id=made)
    return made


@pytest.mark.parametrize("cut_off", [whole, alone], ids=["a transaction", "a statement by itself"])
async def test_what_is_said_to_be_committed_is_whatever_was_cut_off_before(
    proef: Proef, database: Database, cut_off: object
) -> None:
    for turns in range(60):
        cut = asyncio.create_task(cut_off(database))  # type: ignore[operator]
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        cut.cancel()
        await asyncio.wait([cut])
        made = await whole(database)
        assert await proef.rows("select id from ding where id = :id", id=made) == [made], turns


@pytest.mark.parametrize("end", ["commit", "rollback"])
async def test_what_did_not_end_is_no_part_of_what_comes_next(
    proef: Proef, database: Database, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_transaction: Transaction) -> None:
        raise RuntimeError(end)

    async def not_ended() -> None:
        async with database.transaction() as connection:
            await make(connection)
            if end == "rollback":
                raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, end, fails)
        with pytest.raises(RuntimeError if end == "commit" else ZeroDivisionError):
            await not_ended()
    made = await whole(database)
    assert await proef.rows("select id from ding") == [made]


async def test_what_is_cut_off_is_not_tried_again(proef: Proef) -> None:
    """Else the deadline of a request, which cuts off once, would be none."""
    tries = 0

    async def slow(work: UnitOfWork) -> None:
        nonlocal tries
        tries += 1
        await work.rows(SLEEP, seconds=0.5)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await proef.executor("worker").execute(slow, None)
    assert tries == 1


async def test_what_is_cut_off_does_not_wait_for_a_server_that_is_silent(proef: Proef) -> None:
    asked = asyncio.Event()
    stopped: list[int] = []

    async def silent(work: UnitOfWork) -> None:
        pid = await work.value(WHO)
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
        asked.set()
        await work.value(WHO)

    reading = asyncio.create_task(proef.executor("worker").execute(silent, None))
    try:
        await asked.wait()
        reading.cancel()
        done, _ = await asyncio.wait([reading], timeout=10)
        assert done == {reading}
        assert reading.cancelled()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


async def test_a_statement_that_is_cut_off_does_not_wait_for_a_silent_server_either(
    proef: Proef, database: Database
) -> None:
    ((pid,),) = await database.rows(WHO)
    os.kill(pid, signal.SIGSTOP)
    try:
        reading = asyncio.create_task(database.rows(WHO))
        await asyncio.sleep(0.05)  # not a wait: it is asked by then, and else it is cut off sooner
        reading.cancel()
        done, _ = await asyncio.wait([reading], timeout=1)
        assert done == {reading}
        assert reading.cancelled()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (await database.rows(WHO))[0].pid != pid


async def test_a_lost_connection_is_transient_and_not_handed_out_again(proef: Proef, database: Database) -> None:
    async def lose() -> None:
        async with database.transaction() as connection:
            ((pid,),) = await connection.rows(WHO)
            await proef.rows("select pg_terminate_backend(:pid)", pid=pid)
            await connection.rows(WHO)

    with pytest.raises(ConnectionResetError) as lost:
        await lose()
    assert is_transient(lost.value)
    await whole(database)


async def test_who_goes_on_after_a_statement_that_failed_is_told_of_no_commit(proef: Proef, database: Database) -> None:
    """PostgreSQL answers COMMIT by rolling back then, without an error."""

    async def goes_on() -> None:
        async with database.transaction() as connection:
            made = await make(connection)
            with suppress(ConstraintError):
                await connection.rows(MAKE, id=made)

    with pytest.raises(SwallowedError) as told:
        await goes_on()
    assert not passes(told.value)
    assert await proef.rows("select id from ding") == []
    await whole(database)


async def test_what_a_rule_says_stays_what_it_says_when_the_connection_is_lost(
    proef: Proef, database: Database
) -> None:
    async def refused() -> None:
        async with database.transaction() as connection:
            ((pid,),) = await connection.rows(WHO)
            await proef.rows("select pg_terminate_backend(:pid)", pid=pid)
            with suppress(ConnectionResetError):
                await connection.rows(WHO)
            raise DomainError("mag-niet")

    with pytest.raises(DomainError, match="mag-niet"):
        await refused()
    await whole(database)


@pytest.mark.parametrize(
    "why", [FileNotFoundError(), PermissionError(), ssl.SSLCertVerificationError(), TimeoutError()]
)
async def test_that_there_is_no_connection_is_an_outage_whatever_the_reason(
    database: Database, monkeypatch: pytest.MonkeyPatch, why: OSError
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise why

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg, "connect", fails)
        with pytest.raises((ConnectionError, TimeoutError)) as away:
            await database.rows(WHO)
    assert is_transient(away.value)
    await database.rows(WHO)


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ("alter role proef_worker connection limit 0", "alter role proef_worker connection limit -1"),
        ("alter role proef_worker nologin", "alter role proef_worker login"),
        ("alter role proef_worker rename to weg", "alter role weg rename to proef_worker"),
        ("alter database proef allow_connections false", "alter database proef allow_connections true"),
        ("revoke connect on database proef from proef_worker", "grant connect on database proef to proef_worker"),
    ],
)
async def test_who_is_not_let_in_waits_and_goes_on(proef: Proef, database: Database, away: str, back: str) -> None:
    superuser = proef.addresses["superuser"].rpartition("/")[0] + "/postgres"
    other = Database(superuser, pool=1, application="test")
    turns, stop = 0, asyncio.Event()

    async def job() -> int:
        nonlocal turns
        await database.answers()
        turns += 1
        return 0

    async def turned() -> bool:
        return turns > 0

    await other.rows(Statement(text(away)))
    working = asyncio.create_task(every("proef", timedelta(seconds=0.05), job)(stop, Heartbeat(None)))
    try:
        with pytest.raises((OSError, asyncpg.PostgresError)) as refused:
            await database.rows(WHO)
        assert is_transient(refused.value)
    finally:
        await other.rows(Statement(text(back)))
        await other.close()
    await eventually_async(turned)
    stop.set()
    await working


async def test_a_pool_that_is_in_use_is_told_and_passes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "_PATIENCE", 0.1)
        async with database.transaction():
            with pytest.raises(TimeoutError) as full:
                await database.answers()
    assert is_transient(full.value)
    await database.answers()


async def test_who_finds_no_connection_free_waits_for_five_seconds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database_module._PATIENCE == 5
    monkeypatch.setattr(database_module, "_PATIENCE", 0.2)
    async with database.transaction():
        begun = time.monotonic()
        with pytest.raises(TimeoutError) as full:
            await database.rows(WHO)
        assert 0.2 <= time.monotonic() - begun < 2
    assert is_transient(full.value)
    await database.rows(WHO)


async def test_the_pool_outlives_the_end_of_all_its_connections(proef: Proef) -> None:
    """As after a restart of the server."""
    made = Database(proef.addresses["worker"], pool=4, application="gone")

    async def sleeps() -> None:
        async with made.transaction() as connection:
            await connection.rows(SLEEP, seconds=30)

    async def all_asleep() -> bool:
        return await proef.rows("select count(*) from pg_stat_activity where application_name = 'gone'") == [4]

    sleeping = [asyncio.create_task(sleeps()) for _ in range(4)]
    await eventually_async(all_asleep)
    await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gone'")
    for error in await asyncio.gather(*sleeping, return_exceptions=True):
        assert isinstance(error, ConnectionResetError)
    assert len({await whole(made) for _ in range(8)}) == 8
    await made.close()


async def test_closing_does_not_wait_for_ever(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_PATIENCE", 0.2)
    made = Database(proef.addresses["worker"], pool=1, application="test")

    async def closes() -> None:
        async with made.transaction() as connection:
            await asyncio.wait_for(made.close(), 5)
            await connection.rows(WHO)

    with pytest.raises(ConnectionResetError):
        await closes()


async def test_a_server_that_is_a_standby_now_is_left(proef: Proef, database: Database) -> None:
    """After a fail-over the pool's connections lead to the server that was the primary, and it takes no writes."""
    await proef.rows("alter role proef_worker set default_transaction_read_only = on")
    try:
        await database.rows(WHO)
    finally:
        await proef.rows("alter role proef_worker reset default_transaction_read_only")

    async def write(work: UnitOfWork) -> UUID:
        return await make(work.connection)

    made = await Executor(database, FixedClock(NOW), "urn:x").execute(write, None)
    assert await proef.rows("select id from ding") == [made]
