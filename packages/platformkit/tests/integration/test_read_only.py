"""PostgreSQL takes no writes for a while, as a server that became a standby: nobody ends, and all go on by themselves."""

import asyncio
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from proef.hulp import Proef, free_port
from proef.meting import Meter
from sqlalchemy import func, select

from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.retry import is_transient
from platformkit.testing import Issuer, eventually_async

WHO = Statement(select(func.pg_backend_pid().label("pid")))

pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def read_only(proef: Proef) -> AsyncIterator[None]:
    """As long as the server takes no writes, also from who is connected already."""
    await proef.rows("alter system set default_transaction_read_only = on")
    try:
        await proef.rows("select pg_reload_conf()")
        yield
    finally:
        await proef.rows("alter system reset default_transaction_read_only")
        await proef.rows("select pg_reload_conf()")


async def test_who_only_asks_notices_too_and_leaves_the_server(proef: Proef) -> None:
    database = Database(proef.addresses["worker"], pool=1, application="test")
    ((before,),) = await database.rows(WHO)
    async with read_only(proef):

        async def refuses() -> bool:
            try:
                await database.answers()
            except asyncpg.ReadOnlySQLTransactionError as error:
                return is_transient(error)
            return False

        await eventually_async(refuses)
        assert (await database.rows(WHO))[0].pid != before
    await eventually_async(lambda: _answers(database))
    await database.close()


async def _answers(database: Database) -> bool:
    try:
        await database.answers()
    except asyncpg.ReadOnlySQLTransactionError:
        return False
    return True


class People:
    """Post one thing after the other; what they are answered, by status and code."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.answers: Counter[str] = Counter()
        self.enough = False

    async def work(self) -> None:
        while not self.enough:
            answer = await self._client.post("/v1/dingen", headers={"Idempotency-Key": str(uuid4())})
            self.answers[f"{answer.status_code} {answer.json().get('code', '')}".strip()] += 1
            await asyncio.sleep(0.02)  # not a wait: a pace

    async def heard(self, answer: str, more: int = 3) -> None:
        """Wait until they were answered so, so many times from now on."""
        before = self.answers[answer]

        async def heard() -> bool:
            return self.answers[answer] >= before + more

        await eventually_async(heard, seconds=60)


async def test_every_role_waits_and_goes_on(
    proef: Proef,
    start: "Callable[..., subprocess.Popen[bytes]]",
    issuer: tuple[Issuer, str],
    topic: str,
    tmp_path: Path,
) -> None:
    port, metrics, beat = free_port(), free_port(), tmp_path / "relay.heartbeat"
    env = {"TOPIC": topic, "GROEP": f"groep-{topic}", "OIDC_ISSUER": issuer[1]}
    processes = [
        start("api", HTTP_PORT=str(port), METRICS_PORT=str(metrics), **env),
        start("relay", HEARTBEAT_FILE=str(beat), **env),
        start("consumer", **env),
        start("jobs", TAKEN="telt", **env),
    ]
    token, meter = issuer[0].token(iss=issuer[1], sub=str(uuid4())), Meter(metrics)
    client = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=20, trust_env=False
    )

    async def health() -> tuple[int, object]:
        try:
            answer = await client.get("/gezond")
        except httpx.TransportError:
            return 0, None
        return answer.status_code, answer.json()["weg"]

    async def says(*expected: object) -> bool:
        return await health() == expected

    async def counted(more: int) -> bool:
        return (await proef.rows("select coalesce(sum(aantal), 0) from geteld"))[0] > more

    async with client:
        await eventually_async(lambda: says(200, []), seconds=60)
        people = People(client)
        working = asyncio.create_task(people.work())
        await people.heard("201")
        await eventually_async(lambda: counted(0), seconds=60)
        await eventually_async(lambda: _seen(proef, 1), seconds=60)
        async with read_only(proef):
            await people.heard("503 tijdelijk-niet-beschikbaar")
            await eventually_async(lambda: says(503, ["database"]))
            await eventually_async(lambda: meter.above("database_unusable_total", 0), seconds=60)
            assert (await client.get("/gezond/leeft")).status_code == 200
            assert await asyncio.to_thread(start("check", HEARTBEAT_FILE=str(beat)).wait, 40) == 0
        await eventually_async(lambda: says(200, []), seconds=60)
        await people.heard("201")
        (turns,) = await proef.rows("select sum(aantal) from geteld")
        await eventually_async(lambda: counted(turns), seconds=60)
        # Not cut off: what was asked then would still be done, after everything was counted.
        people.enough = True
        await working
    assert set(people.answers) == {"201", "503 tijdelijk-niet-beschikbaar"}
    # Everything that was made is told and seen, once.
    await eventually_async(lambda: _all_seen(proef), seconds=60)
    assert await proef.count("gezien") == await proef.count("ding")
    assert await proef.count("dead_letter") == 0
    assert [process.poll() for process in processes] == [None] * 4


async def _seen(proef: Proef, number: int) -> bool:
    return await proef.count("gezien") >= number


async def _all_seen(proef: Proef) -> bool:
    return await _seen(proef, await proef.count("ding"))
