"""Match alone, with eight consumers, driven by the events that signaal and brp-proxy would send.

A stack of its own: the whole system would mail tens of thousands of professionals, and these tests kill its processes.
It runs only as long as the tests of this directory.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
from bus import GROUPS, Bus

from lokaal import paths, stack, testing
from lokaal.stack import Stack
from platformkit.testing import eventually_async

CONSUMERS = 8
_seen: list[str] = []


@pytest.fixture(scope="package")
def engine() -> Iterator[Stack]:
    """Consumers, relay and jobs of match; its sweep looks every second."""
    run_dir = paths.run_dir() / "tests-engine"
    stack.down(run_dir)  # what a test run that was cut off has left
    with Stack(
        run_dir,
        "split",
        {"match-consumer", "match-relay", "match-jobs"},
        aantal={"match-consumer": CONSUMERS},
        env={"match-jobs": {"VERLOPEN_SECONDEN": "1"}},
    ) as started:
        testing.versions_seen.update(started.addresses["versions"].values())
        yield started


@pytest.fixture(scope="package")
async def bus(engine: Stack) -> AsyncIterator[Bus]:
    """Its topics and what it stores, once all consumers take part."""
    async with Bus(engine) as made:
        made.day(0)

        async def complete() -> bool:
            return await made.members() == dict.fromkeys(GROUPS, CONSUMERS)

        await eventually_async(complete, f"{CONSUMERS} consumers in each group", 120)
        yield made


@pytest.fixture(scope="session")
def seen() -> list[str]:
    """What the tests counted, line by line, printed at the end of the run."""
    return _seen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print it."""
    for line in _seen:
        terminalreporter.write_line(line)
