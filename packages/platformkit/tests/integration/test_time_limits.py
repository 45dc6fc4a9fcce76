"""No client holds its locks for ever (D3, trap 15): also one that stopped in the middle of the protocol."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from proef.hulp import Proef
from sqlalchemy import bindparam, func, select

from platformkit.db.statement import Statement
from platformkit.testing import eventually_async

LOCK = Statement(select(func.pg_advisory_xact_lock(bindparam("number"))))
ROLES = ("api", "worker", "relay", "migrate")
TRY = Statement(select(func.pg_try_advisory_xact_lock(bindparam("number")).label("free")))
_QUERY = b"\0select 1\0\0\0"
PARSE = b"P" + (len(_QUERY) + 4).to_bytes(4, "big") + _QUERY
"""Half of what a client says to run a statement: it is to be read and planned. `Sync` would ask for an answer."""


async def stopped(proef: Proef, role: str, number: int) -> asyncpg.Connection:
    """A client that holds a lock and stands still between Parse and Sync, for a role with short limits of its own."""
    client = await asyncpg.connect(proef.addresses[role])
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await client.execute(f"set {limit} = '200ms'")
    await client.execute("begin")
    await client.execute("select pg_advisory_xact_lock($1::integer)", number)
    client._transport.write(PARSE)
    return client


@pytest.mark.regel("D3")
async def test_only_the_limit_of_a_transaction_ends_a_client_that_stands_still(proef: Proef) -> None:
    before = {role: await limit_of(proef, role) for role in ROLES}
    for role in ROLES:
        await proef.rows(f"alter role proef_{role} set transaction_timeout = '4s'")
    try:
        clients = [await stopped(proef, role, number) for number, role in enumerate(ROLES)]
    finally:
        for role in ROLES:
            await proef.rows(f"alter role proef_{role} set transaction_timeout = '{before[role]}'")

    async def stand_still() -> bool:
        asked = (
            "select usename from pg_stat_activity"
            " where state = 'active' and wait_event = 'ClientRead' and now() - query_start > interval '500ms'"
        )
        return {f"proef_{role}" for role in ROLES} <= set(await proef.rows(asked))

    await eventually_async(stand_still)
    # The other two limits are long over, and end nothing.
    for number, _ in enumerate(ROLES):
        assert not (await proef.worker.rows(TRY, number=number))[0].free
    async with asyncio.timeout(10):
        for number, _ in enumerate(ROLES):
            await proef.worker.rows(LOCK, number=number)
    for client in clients:
        await eventually_async(_is_closed(client))


def _is_closed(client: asyncpg.Connection) -> Callable[[], object]:
    async def closed() -> bool:
        return client.is_closed()

    return closed


async def limit_of(proef: Proef, role: str) -> str:
    """The limit that a new connection of `role` has."""
    client = await asyncpg.connect(proef.addresses[role])
    try:
        return str(await client.fetchval("show transaction_timeout"))
    finally:
        await client.close()
