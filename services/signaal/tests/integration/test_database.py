"""Start data and the guards that the database itself keeps."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.signaal import SignaalStatus
from platformkit.clock import FixedClock
from platformkit.executor import Executor, UnitOfWork
from platformkit.settings import Profile
from signaal import bootstrap
from signaal.adapters.db import startdata
from signaal.adapters.db.signalen import SignaalRepository
from signaal.application import contexts
from signaal.settings import Settings


def _sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest.mark.regel("R232")
async def test_loading_the_start_data_again_changes_nothing(
    addresses: Mapping[str, str], looker: asyncpg.Connection
) -> None:
    tables = ("gemeente", "convenant", "convenant_gemeente", "organisatie", "organisatie_alias", "locatie")

    async def all_rows() -> list[list[tuple[Any, ...]]]:
        return [sorted(map(tuple, await looker.fetch(f"select * from {table}")), key=repr) for table in tables]

    before = await all_rows()
    await startdata.load_async(_sqlalchemy(addresses["migrate"]), coordinator_domain="postvak.test")
    assert await all_rows() == before


async def test_elsewhere_than_at_home_the_coordinators_address_is_left_alone(
    addresses: Mapping[str, str], looker: asyncpg.Connection
) -> None:
    await looker.execute("update convenant set coordinator_email = 'echt@haarlem.test' where code = 'haarlem'")
    await startdata.load_async(_sqlalchemy(addresses["migrate"]), coordinator_domain=None)
    kept = await looker.fetchval("select coordinator_email from convenant where code = 'haarlem'")
    await startdata.load_async(_sqlalchemy(addresses["migrate"]), coordinator_domain="postvak.test")
    assert kept == "echt@haarlem.test"


@pytest.mark.parametrize("profile", [Profile.TEST, Profile.PRODUCTION])
def test_only_the_local_and_test_profiles_make_up_addresses(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(bootstrap, "upgrade", lambda *_: None)
    monkeypatch.setattr(startdata, "load", lambda _url, *, coordinator_domain: asked.append(coordinator_domain))
    bootstrap.migrate(Settings(profiel=profile, database_url_migrate="postgresql://x"))
    assert asked == [None if profile is Profile.PRODUCTION else "postvak.test"]


@pytest.mark.regel("D1")
async def test_a_transaction_that_issues_ends_within_a_minute(
    wereld: Any, api_engine: AsyncEngine, klok: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the guard under `bestaat_signaal`; the other half is the age of the reference."""
    wie = await wereld.professional()
    wereld.jeugdige()
    seen: list[str] = []
    voeg_toe = SignaalRepository.voeg_toe

    async def watched(self: SignaalRepository, work: UnitOfWork, *given: Any) -> None:
        await voeg_toe(self, work, *given)
        seen.append((await work.connection.execute(text("show transaction_timeout"))).scalar_one())

    monkeypatch.setattr(SignaalRepository, "voeg_toe", watched)
    assert (await wereld.geef_af(wie)).status_code == 201
    assert seen == ["1min"]
    async with api_engine.connect() as connection:
        assert (await connection.execute(text("show transaction_timeout"))).scalar_one() == "0"


async def test_a_signal_comes_back_from_its_row_as_it_was(
    wereld: Any, api_engine: AsyncEngine, klok: FixedClock
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    signaal_id = UUID((await wereld.geef_af(wie)).json()["signaalId"])
    executor = Executor(api_engine, klok, "urn:nld:oin:00000099000000001000:systeem:signaal")

    async def read(work: UnitOfWork) -> Any:
        return await SignaalRepository().vergrendel(work, signaal_id)

    found = await executor.execute(read, contexts.professional(wie.account_id, klok.now().date()))
    assert (found.signaal_id, found.persoon_ref, found.account) == (signaal_id, ref, wie.account_id)
    assert found.status is SignaalStatus.ACTIEF
    assert (found.afgegeven_op, found.woongemeente, found.version) == (klok.now(), "0363", 1)
