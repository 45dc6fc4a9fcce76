"""Every test that asks for a database is put to both."""

from collections.abc import Mapping

import pytest
from services.match.tests.simulatie.databases import Database, InGeheugen, InPostgres


@pytest.fixture(params=["postgres", "geheugen"])
def db(request: pytest.FixtureRequest) -> Database:
    if request.param == "geheugen":
        return InGeheugen()
    dsns: Mapping[str, str] = request.getfixturevalue("dsns")
    return InPostgres(request.getfixturevalue("worker"), dsns["relay"])
