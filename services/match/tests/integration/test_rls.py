"""The api's role sees its own matches only, and nothing without a context (D6, trap 11)."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from services.match.tests.berichten import Signaleerder, verwerk
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from match.adapters.db.tables import match
from platformkit.db.context import DatabaseContext
from platformkit.executor import Executor


@pytest.fixture
async def paar(executor: Executor) -> tuple[Signaleerder, Signaleerder]:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    return a, b


async def zichtbaar(api: AsyncEngine, account: UUID) -> list[UUID]:
    async with api.begin() as connection:
        await DatabaseContext(account, "professional", frozenset(), date(2025, 6, 1)).apply(connection)
        return list((await connection.execute(select(match.c.match_id))).scalars())


@pytest.mark.regel("R120", "D6")
async def test_a_row_is_seen_from_both_sides_and_by_nobody_else(
    api: AsyncEngine, paar: tuple[Signaleerder, Signaleerder]
) -> None:
    a, b = paar
    assert len(await zichtbaar(api, a.account)) == 1
    assert await zichtbaar(api, a.account) == await zichtbaar(api, b.account)
    assert await zichtbaar(api, uuid4()) == []


async def test_no_context_is_an_error(api: AsyncEngine, paar: tuple[Signaleerder, Signaleerder]) -> None:
    await zichtbaar(api, paar[0].account)  # a setting of an earlier transaction must not stay behind
    with pytest.raises(DBAPIError):
        async with api.begin() as connection:
            await connection.execute(select(match.c.match_id))


@pytest.mark.parametrize("tabel", ["signaal", "persoon", "ouder", "matchsleutel", "generatie"])
async def test_the_api_reads_no_projection(api: AsyncEngine, tabel: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with api.begin() as connection:
            await connection.execute(text(f"select * from {tabel}"))


async def test_every_domain_table_forces_row_level_security(worker: AsyncEngine) -> None:
    async with worker.begin() as connection:
        zonder = await connection.execute(
            text(
                "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
                " and relname in ('signaal', 'persoon', 'ouder', 'matchsleutel', 'match')"
                " and not (relrowsecurity and relforcerowsecurity)"
            )
        )
        assert zonder.all() == []
