"""Real servers for every test that asks for them (D14): a server that does not start is a failure, never a skip."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from lokaal import testing
from lokaal.stack import Stack


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """Kafka, PostgreSQL and Redis."""
    yield testing.servers()
    testing.stop()


@pytest.fixture(scope="session")
def database(servers: Stack) -> Callable[[str], Mapping[str, str]]:
    """By a service's module: the addresses of its migrated database by role."""
    return testing.database


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """The whole system in its split form, as in production."""
    yield testing.system()
    testing.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers the tests ran on."""
    for version in sorted(testing.versions_seen):
        terminalreporter.write_line(version)
