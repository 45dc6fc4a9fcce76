"""A real PostgreSQL with match's roles, migrated; every test uses ids of its own, so nothing is cleaned between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from match.bootstrap import SERVICE
from match.settings import Settings
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor
from platformkit.service import runtime
from platformkit.settings import Profile

# Half past midnight of 1 June in the Netherlands: in UTC it is another day, and another month.
NU = datetime(2025, 5, 31, 22, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def addresses(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    return database("match")


@pytest.fixture(scope="session")
async def worker(addresses: Mapping[str, str]) -> AsyncIterator[Database]:
    database = Database(addresses["worker"], pool=16, application="match-test")
    yield database
    await database.close()


@pytest.fixture
def worker_runner() -> Iterator[asyncio.Runner]:
    """A loop for tests that drive examples themselves: hypothesis is not async."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def runner_database(worker_runner: asyncio.Runner, addresses: Mapping[str, str]) -> Iterator[Database]:
    database = Database(addresses["worker"], pool=6, application="match-test")
    yield database
    worker_runner.run(database.close())


@pytest.fixture(scope="session")
async def api(addresses: Mapping[str, str]) -> AsyncIterator[Database]:
    database = Database(addresses["api"], pool=4, application="match-test")
    yield database
    await database.close()


@pytest.fixture
def klok() -> FixedClock:
    return FixedClock(NU)


@pytest.fixture
def commando(
    addresses: Mapping[str, str], klok: FixedClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Runs an operator's command as wired, in this process: exit code and all that it printed."""
    klok_bestand = tmp_path / "klok"
    urls = {f"database_url_{role}": addresses[role] for role in ("worker", "migrate")}
    settings = Settings(profiel=Profile.TEST, klok_bestand=klok_bestand, **urls)
    commands = runtime.commands(SERVICE)

    async def run(name: str, *words: str) -> tuple[int, str]:
        klok_bestand.write_text(f"{(klok.now() - datetime.now(UTC)).total_seconds():.3f}")
        capsys.readouterr()
        try:
            code = await runtime.done(SERVICE, settings, commands[name], words)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def executor(worker: Database, klok: FixedClock) -> Executor:
    return Executor(worker, klok, "urn:nld:oin:00000099000000001000:systeem:match")
