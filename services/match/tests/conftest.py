"""A real PostgreSQL with match's roles, migrated; every test uses ids of its own, so nothing is cleaned between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor

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


@pytest.fixture
def klok() -> FixedClock:
    return FixedClock(NU)


@pytest.fixture
def executor(worker: AsyncEngine, klok: FixedClock) -> Executor:
    return Executor(worker, klok, "urn:nld:oin:00000099000000001000:systeem:match")
