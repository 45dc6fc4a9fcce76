"""The database context (D6, trap 11): none is an error, it leaks to nobody, and a role may do what is granted only."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from proef.adapters.db.tables import ding
from proef.hulp import Proef, context
from sqlalchemy import func, insert, select, text

from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.db.tables import idempotency
from platformkit.errors import ConstraintError
from platformkit.executor import Executor, IdempotencyKey, UnitOfWork

ME, OTHER = uuid4(), uuid4()
# A role that is empty is refused by the check of its domain.
REFUSED = (asyncpg.PostgresError, ConstraintError)
DINGEN = Statement(select(ding.c.eigenaar))
SLEUTELS = Statement(select(idempotency.c.key))
VREEMD = Statement(insert(ding).values(id=uuid4(), eigenaar=uuid4(), gemeente="0392", tekst=""))


async def things(work: UnitOfWork) -> list[UUID]:
    return [row.eigenaar for row in await work.rows(DINGEN)]


@pytest.fixture
async def two_things(proef: Proef) -> None:
    for owner, gemeente in ((ME, "0392"), (OTHER, "0394")):
        await proef.rows("insert into ding values (:id, :id, :gemeente, '')", id=owner, gemeente=gemeente)


@pytest.fixture
async def alone(proef: Proef) -> AsyncIterator[Executor]:
    """With one connection, which each transaction gets as the former has left it."""
    database = Database(proef.addresses["api"], pool=1, application="test")
    yield Executor(database, proef.executor("api")._clock, "urn:x")
    await database.close()


@pytest.mark.usefixtures("two_things")
async def test_no_context_is_an_error_on_a_fresh_connection(alone: Executor) -> None:
    with pytest.raises(REFUSED):
        await alone.execute(things, None)


@pytest.mark.usefixtures("two_things")
async def test_no_context_is_an_error_on_a_connection_that_had_one(alone: Executor) -> None:
    assert await alone.execute(things, context(ME)) == [ME]
    with pytest.raises(REFUSED):
        await alone.execute(things, None)


@pytest.mark.parametrize("function", ["app_subject", "app_role", "app_tenants", "app_today"])
async def test_each_part_of_a_missing_context_is_an_error(alone: Executor, function: str) -> None:
    asked = Statement(select(getattr(func, function)()))

    async def ask(work: UnitOfWork) -> None:
        await work.rows(asked)

    with pytest.raises(REFUSED):
        await alone.execute(ask, None)
    await alone.execute(ask, context(ME, tenants=frozenset({"0392"})))
    with pytest.raises(REFUSED):
        await alone.execute(ask, None)


@pytest.mark.usefixtures("two_things")
async def test_the_next_user_of_a_connection_sees_his_own(proef: Proef) -> None:
    executor = proef.executor("api")
    assert await executor.execute(things, context(ME)) == [ME]
    assert await executor.execute(things, context(OTHER)) == [OTHER]
    assert await executor.execute(things, context(uuid4())) == []


@pytest.mark.usefixtures("two_things")
@pytest.mark.parametrize(("tenants", "seen"), [(set(), set()), ({"0392"}, {ME}), ({"0392", "0394"}, {ME, OTHER})])
async def test_a_functionary_sees_his_gemeenten(proef: Proef, tenants: set[str], seen: set[UUID]) -> None:
    asker = context(uuid4(), role="functionaris", tenants=frozenset(tenants))
    assert set(await proef.executor("api").execute(things, asker)) == seen


@pytest.mark.parametrize(("role", "tenant"), [("", "0392"), ("functionaris", "0392,0394"), ("functionaris", "{}")])
def test_a_context_that_could_widen_itself_is_refused(role: str, tenant: str) -> None:
    with pytest.raises(ValueError, match="CBS codes"):
        context(ME, role=role, tenants=frozenset({tenant}))


async def test_the_date_of_policies_is_that_of_the_work(proef: Proef) -> None:
    """Two of them would be two answers for one request at midnight."""
    asked = Statement(select(func.app_today().label("today")))

    async def days(work: UnitOfWork) -> tuple[object, object]:
        return work.today, await work.value(asked)

    here, below = await proef.executor("api").execute(days, context(ME))
    assert here == below


@pytest.mark.usefixtures("two_things")
async def test_nobody_writes_for_another(proef: Proef) -> None:
    async def foreign(work: UnitOfWork) -> None:
        await work.execute(VREEMD)

    with pytest.raises(asyncpg.PostgresError, match="row-level security"):
        await proef.executor("api").execute(foreign, context(ME))


async def test_a_foreign_idempotency_row_is_invisible(proef: Proef) -> None:
    async def claim(work: UnitOfWork) -> None:
        await work.claim(IdempotencyKey(ME, "k", b"f", uuid4()))

    async def keys(work: UnitOfWork) -> list[str]:
        return [row.key for row in await work.rows(SLEUTELS)]

    executor = proef.executor("api")
    await executor.execute(claim, context(ME))
    assert await executor.execute(keys, context(ME)) == ["k"]
    assert await executor.execute(keys, context(OTHER)) == []


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
    async def tries(work: UnitOfWork) -> None:
        await work.rows(Statement(text(statement)))

    executor = Executor(getattr(proef, role), proef.executor("api")._clock, "urn:x")
    with pytest.raises(asyncpg.PostgresError, match=r"permission denied|must be owner"):
        await executor.execute(tries, context(ME))
