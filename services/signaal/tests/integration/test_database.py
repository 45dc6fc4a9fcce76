"""Start data and the guards that the database itself keeps."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text

from contracts.base import SignaalId
from contracts.signaal import SignaalStatus
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.executor import Executor, UnitOfWork
from platformkit.service.process import opened
from platformkit.settings import Profile
from signaal.adapters.db import startdata
from signaal.adapters.db.signalen import PostgresSignaalRepository, ends_within
from signaal.application import contexts
from signaal.bootstrap import SERVICE
from signaal.settings import Settings

LIMIT = Statement(text("select current_setting('transaction_timeout')"))


async def fill(addresses: Mapping[str, str], profile: Profile) -> None:
    """What happens after a migration. The servers of tests have no TLS, without which no settings of production are made."""
    made = Settings(profiel=Profile.TEST, database_url_migrate=addresses["migrate"])
    settings = made.model_copy(update={"profiel": profile})
    assert SERVICE.fill is not None
    async with opened(settings, service=SERVICE.name, role="migrate", part="test") as process:
        await SERVICE.fill(process)


@pytest.mark.regel("R232")
async def test_loading_the_start_data_again_changes_nothing(
    addresses: Mapping[str, str], looker: asyncpg.Connection
) -> None:
    tables = ("gemeente", "convenant", "convenant_gemeente", "organisatie", "organisatie_alias", "locatie")

    async def all_rows() -> list[list[tuple[Any, ...]]]:
        return [sorted(map(tuple, await looker.fetch(f"select * from {table}")), key=repr) for table in tables]

    before = await all_rows()
    await fill(addresses, Profile.TEST)
    assert await all_rows() == before


async def test_elsewhere_than_at_home_the_coordinators_address_is_left_alone(
    addresses: Mapping[str, str], looker: asyncpg.Connection
) -> None:
    await looker.execute("update convenant set coordinator_email = 'echt@haarlem.test' where code = 'haarlem'")
    await fill(addresses, Profile.PRODUCTION)
    kept = await looker.fetchval("select coordinator_email from convenant where code = 'haarlem'")
    await fill(addresses, Profile.TEST)
    assert kept == "echt@haarlem.test"


@pytest.mark.parametrize("profile", [Profile.TEST, Profile.PRODUCTION])
async def test_only_the_local_and_test_profiles_make_up_addresses(
    profile: Profile, addresses: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    async def load(_work: UnitOfWork, coordinator_domain: str | None) -> None:
        asked.append(coordinator_domain)

    monkeypatch.setattr(startdata, "load", load)
    await fill(addresses, profile)
    assert asked == [None if profile is Profile.PRODUCTION else "postvak.test"]


@pytest.mark.regel("D1")
async def test_a_transaction_that_issues_ends_within_a_minute(
    wereld: Any, api_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the guard under `bestaat`; the other half is the age of the reference."""
    wie = await wereld.professional()
    wereld.jeugdige()
    seen: list[str] = []
    voeg_toe = PostgresSignaalRepository.voeg_toe

    async def watched(self: PostgresSignaalRepository, work: UnitOfWork, *given: Any) -> None:
        await work.rows(Statement(text("select set_config('transaction_timeout', '10min', true)")))
        await voeg_toe(self, work, *given)
        seen.append(await work.value(LIMIT))

    monkeypatch.setattr(PostgresSignaalRepository, "voeg_toe", watched)
    assert (await wereld.geef_af(wie)).status_code == 201
    assert seen == ["1min"]
    assert [row[0] for row in await api_database.rows(LIMIT)] == ["1min"]


@pytest.mark.regel("D1")
async def test_that_minute_counts_although_the_role_may_take_longer(api_database: Database) -> None:
    async def stands_still() -> None:
        async with api_database.transaction() as connection:
            await connection.rows(Statement(select(*ends_within("100ms"))))
            await connection.rows(Statement(text("select pg_sleep(20)")))

    with pytest.raises(ConnectionResetError):
        await stands_still()


async def test_a_signal_comes_back_from_its_row_as_it_was(wereld: Any, api: Executor) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige(versie=3)
    signaal_id = SignaalId(UUID((await wereld.geef_af(wie)).json()["signaalId"]))
    context = contexts.professional(wie.account_id)
    found = await api.execute(PostgresSignaalRepository().vergrendel, context, signaal_id)
    assert found is not None
    assert (found.signaal_id, found.persoon_ref, found.account) == (signaal_id, ref, wie.account_id)
    assert found.status is SignaalStatus.ACTIEF
    assert (found.afgegeven_op, found.woongemeente, found.versie) == (wereld.klok.now(), "0363", 1)
    assert found.persoon_versie == 3
