"""Every test that asks for a database is put to both."""

from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest
from services.match.tests.simulatie.databases import Database, InGeheugen, InPostgres


@pytest.fixture(params=["postgres", "geheugen"])
def db(request: pytest.FixtureRequest) -> Database:
    if request.param == "geheugen":
        return InGeheugen()
    request.getfixturevalue("only_matches_of_signals")
    addresses: Mapping[str, str] = request.getfixturevalue("addresses")
    return InPostgres(request.getfixturevalue("worker"), addresses["relay"])


@pytest.fixture
async def only_matches_of_signals(looker: asyncpg.Connection) -> AsyncIterator[None]:
    """A test of a port stores matches of signals that nobody told of; whoever tells all matches again asks their signals."""
    yield
    await looker.execute(
        "delete from match where 2 > (select count(*) from signaal where signaal_id in (signaal_a, signaal_b))"
    )
