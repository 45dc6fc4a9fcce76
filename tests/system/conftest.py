"""A black-box client of the whole system: everything through the front doors that stack.json names."""

from collections.abc import Iterator

import pytest
from driver import Driver
from verslag import Verslag

from lokaal.stack import Stack

_verslag = Verslag()


@pytest.fixture(scope="session")
def driver(system: Stack) -> Iterator[Driver]:
    """The client; persons of the tests must differ, because the system lives as long as the run."""
    with Driver(system) as made:
        yield made


@pytest.fixture(scope="session")
def verslag() -> Verslag:
    """The fault table, printed at the end of the run."""
    return _verslag


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the fault table."""
    for line in _verslag.tekst():
        terminalreporter.write_line(line)
