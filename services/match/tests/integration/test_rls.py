"""The api's role sees its own matches only, and nothing without a context (D6, trap 11)."""

from uuid import UUID, uuid4

import asyncpg
import pytest
from services.match.tests.berichten import Signaleerder, verwerk
from sqlalchemy import text

from platformkit.clock import FixedClock
from platformkit.db.context import DatabaseContext
from platformkit.db.database import Database
from platformkit.db.statement import Row, Statement
from platformkit.errors import ConstraintError
from platformkit.executor import Executor, UnitOfWork

ZIET = {
    "match": "match_id",
    "signaal": "persoon_ref, organisatiesoort, status, einddatum",
    "persoon": "persoon_ref, status",
}
"""What the api's role may read at all, of which table."""


@pytest.fixture
async def paar(executor: Executor) -> tuple[Signaleerder, Signaleerder]:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    await verwerk(executor, [a.afgegeven(), b.afgegeven()])
    return a, b


@pytest.fixture
def als_api(api: Database, klok: FixedClock) -> Executor:
    return Executor(api, klok, "urn:test")


async def lees(work: UnitOfWork, sql: str) -> list[Row]:
    return await work.rows(Statement(text(sql)))


async def zichtbaar(als_api: Executor, account: UUID) -> list[UUID]:
    rijen = await als_api.execute(lees, DatabaseContext(account, "professional"), "select match_id from match")
    return [rij.match_id for rij in rijen]


@pytest.mark.regel("R120", "D6")
async def test_a_row_is_seen_from_both_sides_and_by_nobody_else(
    als_api: Executor, paar: tuple[Signaleerder, Signaleerder]
) -> None:
    a, b = paar
    assert len(await zichtbaar(als_api, a.account)) == 1
    assert await zichtbaar(als_api, a.account) == await zichtbaar(als_api, b.account)
    assert await zichtbaar(als_api, uuid4()) == []


@pytest.mark.parametrize("tabel", ZIET)
async def test_no_context_is_an_error(als_api: Executor, paar: tuple[Signaleerder, Signaleerder], tabel: str) -> None:
    await zichtbaar(als_api, paar[0].account)  # a setting of an earlier transaction must not stay behind
    with pytest.raises((asyncpg.PostgresError, ConstraintError)):
        await als_api.execute(lees, None, f"select {ZIET[tabel]} from {tabel}")


@pytest.mark.regel("R111", "D6")
@pytest.mark.parametrize("tabel", ["signaal", "persoon"])
async def test_a_professional_meets_no_projection(
    als_api: Executor, paar: tuple[Signaleerder, Signaleerder], tabel: str
) -> None:
    """Only what notificatie asks is answered from them."""
    vraag = f"select {ZIET[tabel]} from {tabel}"
    assert await als_api.execute(lees, DatabaseContext(paar[0].account, "professional"), vraag) == []
    if tabel == "signaal":
        assert await als_api.execute(lees, DatabaseContext(uuid4(), "notificatie"), vraag) != []


@pytest.mark.parametrize("tabel", ["signaal", "persoon", "ouder", "matchsleutel", "generatie"])
async def test_the_api_reads_no_projection_whole(als_api: Executor, tabel: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await als_api.execute(lees, DatabaseContext(uuid4(), "notificatie"), f"select * from {tabel}")


async def test_every_domain_table_forces_row_level_security(looker: asyncpg.Connection) -> None:
    zonder = await looker.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and relname in ('signaal', 'persoon', 'ouder', 'matchsleutel', 'match')"
        " and not (relrowsecurity and relforcerowsecurity)"
    )
    assert zonder == []
