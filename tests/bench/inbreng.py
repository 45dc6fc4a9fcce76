"""Puts events in an outbox at a steady rate; a process of its own, so that it takes no turn from what is measured.

`python -m tests.bench.inbreng`, told what to do by JSON on its standard input; answers with when each was committed.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from tests.bench.wereld import Wereld

from contracts.base import Event
from platformkit.envelope import encode
from platformkit.ids import uuid7

BRON = "urn:nld:oin:00000099000000001000:systeem"
PLAK = 0.005
_INVOER = """
insert into outbox (event_id, topic, key, headers, payload, created_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::bytea[], $6::timestamptz[])
"""
_GECOMMIT = """
select extract(epoch from pg_xact_commit_timestamp(xid::xid))::float8
from unnest($1::text[]) with ordinality as t(xid, nummer) order by nummer
"""
Rij = tuple[UUID, str, str, str, bytes, datetime]


def rij(event: Event, nu: datetime) -> Rij:
    """The outbox row of the first version of an aggregate."""
    event_id = uuid7()
    headers, payload = encode(event, event_id=event_id, subject=event.aggregate_id, source=BRON, version=1, time=nu)
    return event_id, event.TOPIC, str(event.key), json.dumps(headers), payload, nu


async def breng_in(pool: "asyncpg.Pool[Any]", rijen: Sequence[Rij]) -> str:
    """One transaction; its id."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_INVOER, *map(list, zip(*rijen, strict=True)))
        xid: str = await connection.fetchval("select pg_current_xact_id()::text")
    return xid


async def in_een_keer(dsn: str, events: Iterable[Event], nu: datetime, *, per: int = 2_000) -> None:
    """All at once, in large transactions."""
    alle = [rij(event, nu) for event in events]
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        for begin in range(0, len(alle), per):
            await breng_in(pool, alle[begin : begin + per])


async def gelijkmatig(dsn: str, alle: Sequence[Rij], tempo: float) -> list[str]:
    """`tempo` rows a second in slices of 5 ms; the transaction id of each slice.

    The moments are fixed beforehand: a slow commit delays none that come after it.
    """
    per = max(1, round(tempo * PLAK))
    async with asyncpg.create_pool(dsn, min_size=8, max_size=8) as pool, asyncio.TaskGroup() as taken:
        begin, lopend = asyncio.get_running_loop().time(), []
        for nummer, eerste in enumerate(range(0, len(alle), per)):
            await asyncio.sleep(begin + nummer * per / tempo - asyncio.get_running_loop().time())
            lopend.append(taken.create_task(breng_in(pool, alle[eerste : eerste + per])))
    return [taak.result() for taak in lopend]


async def main(dsn: str, superuser: str, zaad: int, aantal: int, tempo: float) -> dict[str, float]:
    nu = datetime.now(UTC)
    signalen = list(Wereld(aantal, zaad).signalen(aantal, nu))
    xids = await gelijkmatig(dsn, [rij(each, nu) for each in signalen], tempo)
    per = max(1, round(tempo * PLAK))
    connection = await asyncpg.connect(superuser)
    momenten = [record[0] for record in await connection.fetch(_GECOMMIT, xids)]
    await connection.close()
    return {str(each.signaal_id): momenten[nummer // per] for nummer, each in enumerate(signalen)}


if __name__ == "__main__":
    json.dump(asyncio.run(main(**json.load(sys.stdin))), sys.stdout)
