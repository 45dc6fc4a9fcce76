"""A real PostgreSQL with match's roles, migrated; every test uses ids of its own, so nothing is cleaned between them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from lokaal.stack import Stack
from match import bootstrap
from match.settings import Settings
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor
from platformkit.settings import Profile

NU = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def dsns(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    return {role: dsn.replace("postgresql://", "postgresql+asyncpg://", 1) for role, dsn in database("match").items()}


@pytest.fixture(scope="session")
async def worker(dsns: Mapping[str, str]) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(dsns["worker"], pool=16, application="match-test")
    yield engine
    await engine.dispose()


@pytest.fixture
def worker_runner() -> Iterator[asyncio.Runner]:
    """A loop for tests that drive examples themselves: hypothesis is not async."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def worker_engine(worker_runner: asyncio.Runner, dsns: Mapping[str, str]) -> Iterator[AsyncEngine]:
    engine = make_engine(dsns["worker"], pool=6, application="match-test")
    yield engine
    worker_runner.run(engine.dispose())


@pytest.fixture(scope="session")
async def api(dsns: Mapping[str, str]) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(dsns["api"], pool=4, application="match-test")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def looker(servers: Stack, dsns: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Sees and changes the database as nobody in the system can, past row-level security."""
    connection = await asyncpg.connect(servers.addresses["postgres"]["superuser"].rpartition("/")[0] + "/match")
    yield connection
    await connection.close()


@pytest.fixture
def klok() -> FixedClock:
    return FixedClock(NU)


@pytest.fixture
def commando(
    dsns: Mapping[str, str], klok: FixedClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Runs an operator's command as wired, in this process: exit code and all that it printed."""
    klok_bestand = tmp_path / "klok"
    urls = {f"database_url_{role}": dsns[role] for role in ("worker", "migrate")}
    commands = bootstrap.commands(Settings(profiel=Profile.TEST, klok_bestand=klok_bestand, **urls))

    async def run(name: str, *words: str) -> tuple[int, str]:
        klok_bestand.write_text(f"{(klok.now() - datetime.now(UTC)).total_seconds():.3f}")
        capsys.readouterr()
        try:
            code = await commands[name](words)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def executor(worker: AsyncEngine, klok: FixedClock) -> Executor:
    return Executor(worker, klok, "urn:nld:oin:00000099000000001000:systeem:match")
