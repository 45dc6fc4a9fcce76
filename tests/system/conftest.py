"""A black-box client of the whole system: everything through the front doors that stack.json names."""

from collections.abc import Iterator

import pytest
from disk import Disk
from driver import Driver
from verslag import Verslag

from lokaal import paths, stack
from lokaal.services import SERVICES
from lokaal.stack import Stack

_verslag = Verslag()


@pytest.fixture(scope="session")
def driver(system: Stack) -> Iterator[Driver]:
    """The client; persons of the tests must differ, because the system lives as long as the run."""
    with Driver(system) as made:
        yield made


@pytest.fixture(scope="session")
def disks() -> Iterator[dict[str, Disk]]:
    """By server of the stack that may be broken: the disk that holds its data."""
    run_dir = paths.run_dir() / "tests-breakable"
    stack.down(run_dir)  # what a test run that was cut off has left
    made = {name: Disk(run_dir / name, megabytes) for name, megabytes in (("postgres", 512), ("kafka", 256))}
    yield made
    for disk in made.values():
        disk.release()


@pytest.fixture(scope="session")
def breakable_stack(disks: dict[str, Disk]) -> Iterator[Driver]:
    """A stack of its own, whose servers may lose their data: a process per service, no traces."""
    services = [service.name for service in SERVICES]
    with Stack(paths.run_dir() / "tests-breakable", "all", services) as started, Driver(started) as made:
        yield made


@pytest.fixture
def breakable(breakable_stack: Driver) -> Iterator[Driver]:
    """A client for that stack; what a failed test leaves broken is brought back for the next."""
    yield breakable_stack
    _heal(breakable_stack)


@pytest.fixture
def healed(driver: Driver) -> Iterator[Driver]:
    """The client of the shared system, for a test that breaks it: what it leaves broken is brought back."""
    yield driver
    _heal(driver)


def _heal(driver: Driver) -> None:
    for name in driver.addresses["processes"]:
        if not driver.stack.alive(name):
            driver.stack.restart(name)


@pytest.fixture(scope="session")
def verslag() -> Verslag:
    """The fault table, printed at the end of the run."""
    return _verslag


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the fault table."""
    for line in _verslag.tekst():
        terminalreporter.write_line(line)
