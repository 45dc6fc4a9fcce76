"""The database context (D6, trap 11): none is an error, it leaks to nobody, and a role may do what is granted only."""

from uuid import UUID, uuid4

import pytest
from proef.hulp import Proef, context
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from platformkit.executor import IdempotencyKey, UnitOfWork

ME, OTHER = uuid4(), uuid4()


async def things(connection: AsyncConnection) -> list[UUID]:
    return list((await connection.execute(text("select eigenaar from ding"))).scalars())


@pytest.fixture
async def two_things(proef: Proef) -> None:
    for owner, gemeente in ((ME, "0392"), (OTHER, "0394")):
        await proef.rows("insert into ding values (:id, :id, :gemeente, '')", id=owner, gemeente=gemeente)


@pytest.mark.usefixtures("two_things")
async def test_no_context_is_an_error_on_a_fresh_connection(proef: Proef) -> None:
    with pytest.raises(DBAPIError):
        await proef.executor("api").read(things, None)


@pytest.mark.usefixtures("two_things")
async def test_no_context_is_an_error_on_a_connection_that_had_one(proef: Proef) -> None:
    engine = create_async_engine(proef.api.url, pool_size=1, max_overflow=0)
    async with engine.begin() as connection:
        await context(ME).apply(connection)
        assert await things(connection) == [ME]
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await things(connection)
    await engine.dispose()


@pytest.mark.parametrize("function", ["app_subject", "app_role", "app_tenants", "app_today"])
async def test_each_part_of_a_missing_context_is_an_error(proef: Proef, function: str) -> None:
    engine = create_async_engine(proef.api.url, pool_size=1, max_overflow=0)
    statement = text(f"select {function}()")
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(statement)
    async with engine.begin() as connection:
        await context(ME, tenants=frozenset({"0392"})).apply(connection)
        await connection.execute(statement)
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(statement)
    await engine.dispose()


@pytest.mark.usefixtures("two_things")
async def test_the_next_user_of_a_connection_sees_his_own(proef: Proef) -> None:
    executor = proef.executor("api")
    assert await executor.read(things, context(ME)) == [ME]
    assert await executor.read(things, context(OTHER)) == [OTHER]
    assert await executor.read(things, context(uuid4())) == []


@pytest.mark.usefixtures("two_things")
@pytest.mark.parametrize(("tenants", "seen"), [(set(), set()), ({"0392"}, {ME}), ({"0392", "0394"}, {ME, OTHER})])
async def test_a_functionary_sees_his_gemeenten(proef: Proef, tenants: set[str], seen: set[UUID]) -> None:
    asker = context(uuid4(), role="functionaris", tenants=frozenset(tenants))
    assert set(await proef.executor("api").read(things, asker)) == seen


@pytest.mark.parametrize(("role", "tenant"), [("", "0392"), ("functionaris", "0392,0394"), ("functionaris", "{}")])
def test_a_context_that_could_widen_itself_is_refused(role: str, tenant: str) -> None:
    with pytest.raises(ValueError, match="CBS codes"):
        context(ME, role=role, tenants=frozenset({tenant}))


@pytest.mark.usefixtures("two_things")
async def test_nobody_writes_for_another(proef: Proef) -> None:
    async def foreign(work: UnitOfWork) -> None:
        await work.connection.execute(text("insert into ding values (:i, :i, '0392', '')"), {"i": uuid4()})

    with pytest.raises(DBAPIError, match="row-level security"):
        await proef.executor("api").execute(foreign, context(ME))


async def test_a_foreign_idempotency_row_is_invisible(proef: Proef) -> None:
    async def nothing(work: UnitOfWork) -> None:
        pass

    async def keys(connection: AsyncConnection) -> list[str]:
        return list((await connection.execute(text("select key from idempotency"))).scalars())

    executor = proef.executor("api")
    await executor.execute_once(nothing, context(ME), IdempotencyKey(ME, "k", b"f", uuid4()))
    assert await executor.read(keys, context(ME)) == ["k"]
    assert await executor.read(keys, context(OTHER)) == []


_REFUSED = {
    "api": [
        "select * from outbox",
        "delete from outbox",
        "select * from inbox",
        "select * from dead_letter",
        "select * from relay_lease",
        "select person from audit",
        "update audit set outcome = ''",
        "delete from audit",
        "delete from idempotency",
        "update idempotency set key = ''",
        "delete from ding",
        "create table eigen ()",
        "set role proef_worker",
        "set role proef_migrate",
        "alter table ding disable row level security",
    ],
    "worker": ["select * from outbox", "delete from outbox", "delete from audit", "set role proef_api"],
    "relay": [
        "select * from ding",
        "select * from inbox",
        "insert into outbox (topic) values ('')",
        "delete from audit",
    ],
}


@pytest.mark.parametrize(("role", "statement"), [(role, each) for role in _REFUSED for each in _REFUSED[role]])
async def test_a_role_may_only_what_is_granted(proef: Proef, role: str, statement: str) -> None:
    async with getattr(proef, role).connect() as connection:
        await context(ME).apply(connection)
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await connection.execute(text(statement))
