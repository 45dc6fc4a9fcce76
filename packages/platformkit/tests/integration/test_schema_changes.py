"""A migration changes the schema while everything runs: what was prepared is prepared anew, and tried again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from proef.consuming import subscribed
from proef.events import NOW, gewijzigd
from proef.hulp import Proef
from sqlalchemy import Text, bindparam, text

from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.envelope import Message
from platformkit.executor import Executor, UnitOfWork
from platformkit.health import Heartbeat
from platformkit.messaging.consumer import Consumer
from platformkit.service import every
from platformkit.testing import eventually_async, record

_TABLE = (
    "create type kleur as enum ('rood', 'groen')",
    "create table verf (id uuid primary key, naam text not null default 'lak', kleur kleur not null default 'rood')",
    "grant select, insert, update on verf to proef_worker",
)
_GONE = ("drop table if exists verf", "drop type if exists kleur", "drop type if exists kleur_was")
# What a service writes: columns by name, an upsert by its index, a set, a value of a type of its own, and a whole row.
_ADD = Statement(
    text("insert into verf (id, kleur) values (:id, 'groen') on conflict (id) do nothing returning id, naam, kleur")
)
_TURN = Statement(
    text("update verf set kleur = cast(:kleur as kleur) where id = :id returning naam, kleur").bindparams(
        bindparam("kleur", type_=Text)
    )
)
_ALL = Statement(text("select id, naam, kleur from verf where naam <> ''"))
_WHOLE = Statement(text("select verf as rij from verf"))

CHANGES = {
    "the type of a column": ("alter table verf alter naam type varchar(64)",),
    "the type of a column, to one of another kind": (
        "alter table verf alter naam drop default",
        "alter table verf alter naam type jsonb using to_jsonb(naam)",
        "alter table verf alter naam type varchar(80) using naam #>> '{}'",
        "alter table verf alter naam set default 'lak'",
    ),
    "a column more": ("alter table verf add column extra integer not null default 1",),
    "a column less": ("alter table verf add column extra integer", "alter table verf drop column extra"),
    "an index made anew": (
        "alter table verf drop constraint verf_pkey",
        "alter table verf add constraint verf_pkey primary key (id)",
    ),
    "a value more": ("alter type kleur add value 'blauw'",),
    "a type made anew": (
        "alter type kleur rename to kleur_was",
        "create type kleur as enum ('rood', 'groen')",
        "alter table verf alter kleur drop default",
        "alter table verf alter kleur type kleur using kleur::text::kleur",
        "alter table verf alter kleur set default 'rood'",
        "drop type kleur_was",
    ),
    "a table made anew": ("drop table verf", *_TABLE[1:]),
}


@pytest.fixture
async def database(proef: Proef) -> AsyncIterator[Database]:
    """As worker, over a table that changes."""
    for each in (*_GONE, *_TABLE):
        await proef.rows(each)
    made = Database(proef.addresses["worker"], pool=4, application="verf")
    yield made
    await made.close()
    for each in _GONE:
        await proef.rows(each)


async def paint(work: UnitOfWork, made: UUID) -> None:
    """Writes and reads in all these ways."""
    await work.rows(_ADD, id=made)
    assert (await work.rows(_TURN, id=made, kleur="rood"))[0]["naam"] == "lak"
    assert made in {row.id for row in await work.rows(_ALL)}
    assert await work.rows(_WHOLE)


async def painted(work: UnitOfWork, messages: Sequence[Message]) -> None:
    for message in messages:
        await paint(work, message.subject)


async def warm(executor: Executor) -> None:
    """Every connection has prepared every statement."""

    async def holds(work: UnitOfWork, all_of_them: asyncio.Barrier) -> None:
        await paint(work, uuid4())
        await all_of_them.wait()

    together = asyncio.Barrier(4)
    await asyncio.gather(*(executor.execute(holds, None, together) for _ in range(4)))


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_a_migration_changes_requests_consumers_and_jobs_go_on(
    proef: Proef, database: Database, topic: str, change: str
) -> None:
    executor = Executor(database, FixedClock(NOW), "urn:x")
    consumer = Consumer(proef.broker, executor, [subscribed(topic, painted)])
    turns = 0

    async def job() -> int:
        nonlocal turns
        await executor.execute(paint, None, uuid4())
        turns += 1
        return 0

    async def turned() -> bool:
        return turns > 0

    for part in ("request", "consumer", "job"):
        for each in (*_GONE, *_TABLE):
            await proef.rows(each)
        await warm(executor)
        for each in CHANGES[change]:
            await proef.rows(each)
        for _ in range(5):  # on each connection, and once more
            if part == "request":
                await executor.execute(paint, None, uuid4())
            elif part == "consumer":
                handled = await consumer.handle(subscribed(topic, painted), [record(gewijzigd(topic, uuid4()), 1, NOW)])
                assert handled
            else:
                turns, stop = 0, asyncio.Event()
                working = asyncio.create_task(every("verf", timedelta(hours=1), job)(stop, Heartbeat(None)))
                await asyncio.wait(
                    [working, asyncio.ensure_future(eventually_async(turned))], return_when="FIRST_COMPLETED"
                )
                assert not working.done()
                stop.set()
                await working
    assert await proef.count("dead_letter") == 0


async def test_what_a_migration_takes_away_for_a_while_is_waited_for(
    proef: Proef, database: Database, topic: str
) -> None:
    """Such as an index that `on conflict` needs, or the table: a consumer gives its batch back, a job waits."""
    executor, stop, turns = Executor(database, FixedClock(NOW), "urn:x"), asyncio.Event(), 0

    async def job() -> int:
        nonlocal turns
        await executor.execute(paint, None, uuid4())
        turns += 1
        return 1

    async def turned(more: int) -> bool:
        return turns > more

    working = asyncio.create_task(every("verf", timedelta(hours=1), job)(stop, Heartbeat(None)))
    for away, back in (
        ("alter table verf drop constraint verf_pkey", "alter table verf add constraint verf_pkey primary key (id)"),
        ("alter table verf rename to weg", "alter table weg rename to verf"),
        ("alter table verf rename naam to weg", "alter table verf rename weg to naam"),
        ("revoke insert on verf from proef_worker", "grant insert on verf to proef_worker"),
        ("alter type kleur rename to weg", "alter type weg rename to kleur"),
    ):
        before = turns
        await eventually_async(lambda before=before: turned(before))
        await proef.rows(away)
        failed = await asyncio.gather(executor.execute(paint, None, uuid4()), return_exceptions=True)
        assert isinstance(failed[0], Exception)
        assert not working.done()
        await proef.rows(back)
        before = turns
        await eventually_async(lambda before=before: turned(before), seconds=20)
    stop.set()
    await working
    assert await proef.count("dead_letter") == 0
