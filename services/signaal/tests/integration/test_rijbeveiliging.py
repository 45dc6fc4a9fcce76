"""Row-level security (D6): every role meets its own rows only, and without a context nothing is answered."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from platformkit.db.context import DatabaseContext
from signaal.application import contexts

VANDAAG = date(2026, 11, 22)
TABLES = ("professional", "account", "signaal", "betrokkenheid", "signaal_telling")
COPY = (
    "insert into signaal select (jsonb_populate_record(signaal, cast(:changes as jsonb))).* from signaal where id = :id"
)


@pytest.fixture
async def gevuld(wereld: Any) -> Any:
    """Two professionals, each with a signal on the same youth."""
    eerste, tweede = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige()
    signalen = [(await wereld.geef_af(each)).json()["signaalId"] for each in (eerste, tweede)]
    return eerste, tweede, ref, signalen


async def rows(connection: AsyncConnection, context: DatabaseContext, query: str, **values: Any) -> list[Any]:
    await context.apply(connection)
    return list((await connection.execute(text(query), values)).all())


async def do(engine: AsyncEngine, context: DatabaseContext, statement: str, **values: Any) -> None:
    async with engine.begin() as connection:
        await context.apply(connection)
        await connection.execute(text(statement), values)


async def test_every_table_with_people_or_signals_is_forced(looker: asyncpg.Connection, gevuld: Any) -> None:
    found = await looker.fetch(
        "select relname from pg_class where relrowsecurity and relforcerowsecurity and relname = any($1)", list(TABLES)
    )
    assert {row["relname"] for row in found} == set(TABLES)


@pytest.mark.parametrize("table", ["professional", "account", "signaal", "betrokkenheid"])
async def test_no_context_is_an_error(api_engine: AsyncEngine, gevuld: Any, table: str) -> None:
    async with api_engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text(f"select * from {table}"))


@pytest.mark.regel("R120")
async def test_a_professional_meets_own_rows_only(api_engine: AsyncEngine, gevuld: Any) -> None:
    eerste, _, ref, _ = gevuld
    context = contexts.professional(eerste.account_id, VANDAAG)
    async with api_engine.begin() as connection:
        assert {row.account for row in await rows(connection, context, "select account from signaal")} == {
            eerste.account_id
        }
        involved = await rows(
            connection, context, "select account from betrokkenheid where persoon_ref = :ref", ref=ref
        )
        assert [row.account for row in involved] == [eerste.account_id]
        assert await rows(connection, context, "select id from account") == []
        assert await rows(connection, context, "select id from professional") == []


async def test_a_professional_changes_no_foreign_row(api_engine: AsyncEngine, gevuld: Any) -> None:
    eerste, _, _, (_, foreign) = gevuld
    context = contexts.professional(eerste.account_id, VANDAAG)
    async with api_engine.begin() as connection:
        await context.apply(connection)
        changed = await connection.execute(
            text("update signaal set status = 'inactief', inactief_sinds = begindatum where id = :id"),
            {"id": UUID(foreign)},
        )
        assert changed.rowcount == 0


async def test_a_professional_issues_in_nobody_elses_name(api_engine: AsyncEngine, gevuld: Any) -> None:
    eerste, tweede, _, (own, _) = gevuld
    context = contexts.professional(eerste.account_id, VANDAAG)
    changes = f'{{"id": "{uuid4()}", "account": "{tweede.account_id}", "persoon_ref": "{uuid4()}"}}'
    with pytest.raises(DBAPIError, match="row-level security"):
        await do(api_engine, context, COPY, id=UUID(own), changes=changes)


async def test_a_foreign_signal_does_not_show_through_a_conflict(api_engine: AsyncEngine, gevuld: Any) -> None:
    """The other one has an active signal on the same youth for the same days; mine, ended, may come again."""
    eerste, _, ref, (own, _) = gevuld
    context = contexts.professional(eerste.account_id, VANDAAG)
    async with api_engine.begin() as connection:
        await context.apply(connection)
        await connection.execute(
            text("update signaal set status = 'inactief', inactief_sinds = begindatum where id = :id"),
            {"id": UUID(own)},
        )
        changes = f'{{"id": "{uuid4()}", "status": "actief", "inactief_sinds": null}}'
        assert (await connection.execute(text(COPY), {"id": UUID(own), "changes": changes})).rowcount == 1
        found = await rows(connection, context, "select id from signaal where persoon_ref = :ref", ref=ref)
        assert len(found) == 2


async def test_nobody_counts_a_signal_of_another(api_engine: AsyncEngine, gevuld: Any) -> None:
    eerste, _, _, (_, foreign) = gevuld
    context = contexts.professional(eerste.account_id, VANDAAG)
    count = "insert into signaal_telling values (:id, '4-12', 'V', 'buiten-regio', null, :id, '2026-W47')"
    with pytest.raises(DBAPIError, match="row-level security"):
        await do(api_engine, context, count, id=UUID(foreign))


@pytest.mark.regel("D16", "D17")
@pytest.mark.parametrize(
    ("role", "visible"),
    [
        ("identificatie", {"account"}),
        ("functioneel-beheerder", {"account", "professional"}),
        ("brp-proxy", {"signaal"}),
        ("match", {"account", "professional"}),
        ("notificatie", {"account", "professional", "signaal"}),
        ("onbekend", set()),
    ],
)
async def test_each_role_meets_the_tables_of_its_endpoint(
    api_engine: AsyncEngine, gevuld: Any, role: str, visible: set[str]
) -> None:
    async with api_engine.begin() as connection:
        context = contexts.dienst(role, VANDAAG)
        met = {
            table
            for table in ("professional", "account", "signaal", "betrokkenheid")
            if await rows(connection, context, f"select 1 from {table} limit 1")
        }
    assert met == visible


@pytest.mark.parametrize(
    "statement", ["delete from signaal", "select * from signaal_telling", "select person from audit"]
)
async def test_what_no_endpoint_does_is_not_granted(api_engine: AsyncEngine, gevuld: Any, statement: str) -> None:
    eerste, *_ = gevuld
    with pytest.raises(DBAPIError, match="permission denied"):
        await do(api_engine, contexts.professional(eerste.account_id, VANDAAG), statement)


async def test_the_api_cannot_become_the_worker(api_engine: AsyncEngine) -> None:
    async with api_engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text("set role signaal_worker"))


async def test_the_worker_meets_signals_and_no_people(worker_engine: AsyncEngine, gevuld: Any) -> None:
    async with worker_engine.connect() as connection:
        assert (await connection.execute(text("select id from signaal limit 1"))).all()
    for table in ("professional", "account", "betrokkenheid"):
        async with worker_engine.connect() as connection:
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.execute(text(f"select * from {table}"))
