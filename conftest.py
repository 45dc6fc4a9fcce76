"""Real servers for every test that asks for them (D14): a server that does not start is a failure, never a skip."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import asyncpg
import pytest

from lokaal import testing
from lokaal.stack import Stack

# Settings that a test makes are those of production where nothing else is said, which wants TLS everywhere.
os.environ.setdefault("PROFIEL", "test")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two sizes of the same tests: everybody's, and that of `make soak`; and those that do without servers."""
    parser.addoption("--soak", action="store_true", help="faults at full length, histories and races in full number")
    parser.addoption("--no-servers", action="store_true", help="fail where a server is asked for (make unit)")


def pytest_configure(config: pytest.Config) -> None:
    """Give no servers when that was said."""
    if config.getoption("--no-servers"):
        testing.servers = testing.system = _no_servers


def _no_servers(*_: object, **__: object) -> Stack:
    pytest.fail("a test of `make unit` asks for a server", pytrace=False)


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether tests marked `soak` run at full length and number."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """Kafka, PostgreSQL and Redis."""
    yield testing.servers()
    testing.stop()


@pytest.fixture(scope="session")
def database(servers: Stack) -> Callable[[str], Mapping[str, str]]:
    """By a service's module: the addresses of its migrated database by role."""
    return testing.database


@pytest.fixture
async def looker(addresses: Mapping[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """Sees and changes the database at a service's `addresses` as nobody in the system can, past row-level security."""
    connection = await asyncpg.connect(addresses["superuser"])
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """The whole system in its split form, as in production."""
    yield testing.system()
    testing.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers the tests ran on."""
    for version in sorted(testing.versions_seen):
        terminalreporter.write_line(version)
