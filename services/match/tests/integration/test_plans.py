"""What a batch asks for costs the same at any size (D15): another page per row, or a page in the log per lock, does not."""

from uuid import uuid4

import asyncpg
import pytest
from services.match.tests.berichten import vastgelegd, verwerk
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from match.adapters.db import projectie
from platformkit.db.engine import driver
from platformkit.db.prepared import Prepared
from platformkit.executor import Executor


@pytest.mark.regel("D15")
@pytest.mark.parametrize("vraag", [projectie._OUDERS_VAN, projectie._KINDEREN], ids=["parents", "children"])
async def test_parents_and_children_are_read_from_the_index_alone(
    executor: Executor, worker: AsyncEngine, looker: asyncpg.Connection, vraag: Prepared
) -> None:
    await verwerk(executor, [vastgelegd(uuid4(), [uuid4(), uuid4()]) for _ in range(200)], "match.persoon")
    await looker.execute("vacuum (analyze) ouder")
    async with worker.begin() as connection:
        await connection.execute(text("set local plan_cache_mode = force_generic_plan"))
        await driver(connection).execute(f"prepare vraag as {vraag.text}")
        plan = [line for (line,) in await driver(connection).fetch("explain execute vraag('{}')")]
        await driver(connection).execute("deallocate vraag")
    assert any("Index Only Scan" in line for line in plan), "\n".join(plan)


@pytest.mark.regel("D15")
async def test_locks_are_not_logged(looker: asyncpg.Connection) -> None:
    assert await looker.fetchval("select relpersistence from pg_class where relname = 'matchsleutel'") == b"u"
